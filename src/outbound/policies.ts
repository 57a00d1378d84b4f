/**
 * AWS policies: the session policy of an assumed role, and the policies that a customer attaches to that role. Both
 * allow the same: three actions on objects below one prefix, and two on the key where KMS encrypts. A session that
 * reads files back may write nothing.
 */

import { partitionOf, type BucketLocation } from "./bucket-location.ts";
import { CAPABILITIES } from "./providers.ts";

interface Statement {
  Sid?: string;
  Effect: "Allow";
  Principal?: { AWS: string };
  Action: string | string[];
  Resource?: string;
  Condition?: Record<string, Record<string, string>>;
}

const policy = (Statement: Statement[]) => ({ Version: "2012-10-17", Statement }) as const;

export type Policy = ReturnType<typeof policy>;

const OBJECT_ACTIONS = ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"];
const KEY_ACTIONS = ["kms:GenerateDataKey", "kms:Decrypt"];
/**
 * Without it S3 answers 403 for a missing object, as for one that may not be read (GetObject, "Permissions"). It has no
 * condition on the prefix: a read has no prefix to compare.
 */
const LIST_ACTION = "s3:ListBucket";

/** What a session is for. `read`: to read files back. */
export type SessionPurpose = "write" | "read";

/**
 * @param prefix every key that is written or read begins with it.
 * @param probe the one key that the session may delete: the connection test's.
 * @returns compact JSON: AWS accepts 2,048 characters.
 */
export function sessionPolicy(
  location: BucketLocation,
  prefix: string,
  probe: string | null,
  purpose: SessionPurpose,
): string {
  const bucket = `arn:${partitionOf(location.region)}:s3:::${location.bucket}`;
  const objects = `${bucket}/`;
  const reads = purpose === "read";
  const actions = reads ? "s3:GetObject" : OBJECT_ACTIONS;
  const statements: Statement[] = [{ Effect: "Allow", Action: actions, Resource: `${objects}${prefix}*` }];
  if (reads) statements.push({ Effect: "Allow", Action: LIST_ACTION, Resource: bucket });
  if (probe !== null) statements.push({ Effect: "Allow", Action: "s3:DeleteObject", Resource: `${objects}${probe}` });
  if (location.encryption?.sse === "aws:kms" && CAPABILITIES[location.provider].keyPolicies)
    statements.push({
      Effect: "Allow",
      Action: reads ? "kms:Decrypt" : KEY_ACTIONS,
      ...keyResource(location, location.encryption.kms_key_id),
    });
  return JSON.stringify(policy(statements));
}

/** A policy can name a key by ARN or id, but no alias and not the default key: a condition bounds those. */
function keyResource({ region }: BucketLocation, keyId: string | null) {
  const named = keyId !== null && !/(^|:)alias\//.test(keyId);
  if (named)
    return { Resource: keyId.startsWith("arn:") ? keyId : `arn:${partitionOf(region)}:kms:${region}:*:key/${keyId}` };
  return { Resource: "*", Condition: { StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` } } };
}

/** Who may assume the role: this service's principal, and only with this space's external id. */
export function trustPolicy(principalArn: string, externalId: string): Policy {
  return policy([
    {
      Sid: "SpillwayAssumesThisRole",
      Effect: "Allow",
      Principal: { AWS: principalArn },
      Action: "sts:AssumeRole",
      Condition: { StringEquals: { "sts:ExternalId": externalId } },
    },
  ]);
}

/** The role's permissions. @param verify with the one by which a verification tells missing files. */
export function permissionsPolicy(
  bucket: string,
  directoryPath: string,
  { kmsKeyArn, verify }: { kmsKeyArn: string | null; verify: boolean },
  partition: string,
): Policy {
  const arn = `arn:${partition}:s3:::${bucket}`;
  const statements: Statement[] = [
    { Sid: "SpillwayWritesExports", Effect: "Allow", Action: OBJECT_ACTIONS, Resource: `${arn}/${directoryPath}*` },
  ];
  if (verify)
    statements.push({ Sid: "SpillwayTellsMissingFiles", Effect: "Allow", Action: LIST_ACTION, Resource: arn });
  if (kmsKeyArn !== null)
    statements.push({ Sid: "SpillwayUsesTheKey", Effect: "Allow", Action: KEY_ACTIONS, Resource: kmsKeyArn });
  return policy(statements);
}

/** The role with both policies for Terraform's AWS provider. JSON is valid HCL. */
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
