/**
 * Policies of AWS: what a session of ours may do, and what a customer pastes so that it may. Both say the same: three actions
 * on objects below one prefix, and two on the key where KMS is used.
 */

import { partitionOf, type BucketLocation } from "./bucket-location.ts";
import { CAPABILITIES } from "./providers.ts";

export interface Policy {
  Version: "2012-10-17";
  Statement: {
    Sid?: string;
    Effect: "Allow";
    Principal?: { AWS: string };
    Action: string | string[];
    Resource?: string;
    Condition?: Record<string, Record<string, string>>;
  }[];
}

const OBJECT_ACTIONS = ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"];
const KEY_ACTIONS = ["kms:GenerateDataKey", "kms:Decrypt"];

/**
 * @param prefix of every key that is written.
 * @param probe the one key that the session may delete: the test call's.
 * @returns JSON, as small as it can be: AWS takes 2,048 characters.
 */
export function sessionPolicy(place: BucketLocation, prefix: string, probe: string | null): string {
  const objects = `arn:${partitionOf(place.region)}:s3:::${place.bucket}/`;
  const policy: Policy = {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: OBJECT_ACTIONS, Resource: `${objects}${prefix}*` },
      ...(probe === null
        ? []
        : [{ Effect: "Allow" as const, Action: "s3:DeleteObject", Resource: `${objects}${probe}` }]),
      ...(place.encryption?.sse === "aws:kms" && CAPABILITIES[place.provider].keyPolicies
        ? [{ Effect: "Allow" as const, Action: KEY_ACTIONS, ...keyResource(place, place.encryption.kms_key_id) }]
        : []),
    ],
  };
  return JSON.stringify(policy);
}

/** A key is named by its ARN, its id or an alias; without a name it is the one that S3 keeps for the account. */
function keyResource({ region }: BucketLocation, keyId: string | null) {
  const named = keyId !== null && !/(^|:)alias\//.test(keyId);
  if (named)
    return { Resource: keyId.startsWith("arn:") ? keyId : `arn:${partitionOf(region)}:kms:${region}:*:key/${keyId}` };
  return { Resource: "*", Condition: { StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` } } };
}

/** Who may assume the role: this service's principal, and only with this space's external id. */
export function trustPolicy(principalArn: string, externalId: string): Policy {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "SpillwayAssumesThisRole",
        Effect: "Allow",
        Principal: { AWS: principalArn },
        Action: "sts:AssumeRole",
        Condition: { StringEquals: { "sts:ExternalId": externalId } },
      },
    ],
  };
}

/** What the role may do. */
export function permissionsPolicy(
  bucket: string,
  directoryPath: string,
  kmsKeyArn: string | null,
  partition: string,
): Policy {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "SpillwayWritesExports",
        Effect: "Allow",
        Action: OBJECT_ACTIONS,
        Resource: `arn:${partition}:s3:::${bucket}/${directoryPath}*`,
      },
      ...(kmsKeyArn === null
        ? []
        : [{ Sid: "SpillwayUsesTheKey", Effect: "Allow" as const, Action: KEY_ACTIONS, Resource: kmsKeyArn }]),
    ],
  };
}

/** The role with both policies, for Terraform's AWS provider. A JSON text is an expression of HCL too. */
export function terraform(trust: Policy, permissions: Policy): string {
  const encoded = (policy: Policy) => `jsonencode(${JSON.stringify(policy, null, 2).replaceAll("\n", "\n  ")})`;
  return `resource "aws_iam_role" "spillway" {
  name               = "spillway-export"
  assume_role_policy = ${encoded(trust)}
}

resource "aws_iam_role_policy" "spillway" {
  name   = "spillway-export"
  role   = aws_iam_role.spillway.id
  policy = ${encoded(permissions)}
}

output "spillway_role_arn" {
  value = aws_iam_role.spillway.arn
}
`;
}
