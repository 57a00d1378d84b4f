/** The AWS policies that let this service write into a bucket, ready to paste, as JSON and as Terraform. */

import * as z from "zod";
import { SpillwayError } from "../../errors.ts";
import { BucketName, DirectoryPath } from "../../export/delivery/schema.ts";
import { NO_IDENTITY } from "../../export/delivery/destination.ts";
import { asDirectory } from "../../export/delivery/key-template.ts";
import { permissionsPolicy, terraform, trustPolicy } from "../../outbound/policies.ts";
import { json, route } from "../route.ts";

const PolicyDocument = z
  .object({ Version: z.string(), Statement: z.array(z.record(z.string(), z.unknown())) })
  .meta({ id: "PolicyDocument" });

export const policiesRoute = route({
  method: "GET",
  path: "/policies",
  operationId: "getDestinationPolicies",
  summary: "Get the policies of a role",
  description:
    "Returns the trust policy and the permissions policy of the role, and both as Terraform, ready to paste. The service uses no other permissions: it never lists a bucket, and never removes a file from it.",
  auth: "settings:write",
  portal: ["settings:write"],
  query: z.strictObject({
    bucket: BucketName,
    directory_path: DirectoryPath.optional(),
    kms_key_arn: z
      .string()
      .max(500)
      .regex(/^arn:aws(-cn|-us-gov)?:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/, "must be the ARN of a KMS key.")
      .optional()
      .meta({ description: "The key that encrypts the bucket's objects." }),
    verify: z.enum(["true", "false"]).default("false").meta({
      description:
        "`true`: with `s3:ListBucket`, which `POST /v1/exports/{id}/verify` needs to tell a missing file from one that it may not read.",
    }),
  }),
  responses: {
    200: {
      description: "The policies.",
      schema: z
        .object({
          external_id: z.string().meta({ description: "The external id of the space. It never changes." }),
          trust_policy: PolicyDocument,
          permissions_policy: PolicyDocument,
          terraform: z.string().meta({ description: "HCL for the AWS provider." }),
        })
        .meta({ id: "DestinationPolicies" }),
    },
  },
  errors: ["conflict"],
  async handle(call, { space, query }) {
    const { aws } = call.config;
    if (aws === null) throw new SpillwayError("conflict", NO_IDENTITY);
    const partition = aws.principalArn.split(":")[1] ?? "aws";
    const directory = asDirectory(query.directory_path ?? "");
    const trust = trustPolicy(aws.principalArn, space.external_id);
    const optional = { kmsKeyArn: query.kms_key_arn ?? null, verify: query.verify === "true" };
    const permissions = permissionsPolicy(query.bucket, directory, optional, partition);
    return json({
      external_id: space.external_id,
      trust_policy: trust,
      permissions_policy: permissions,
      terraform: terraform(trust, permissions),
    });
  },
});
