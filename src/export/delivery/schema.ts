/** `delivery` in a request for an export, and the fields that destinations have in common with it. */

import * as z from "zod";
import { pathFault } from "./key-template.ts";

/** Leaves room for a file's name: a key has at most 1,024 bytes. */
const MAX_PATH = 512;

export const BucketName = z
  .string()
  .regex(/^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/, "must be a bucket name, such as acme-exports.")
  .meta({ example: "acme-exports" });

export const Region = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/, "must be a region, such as eu-central-1.")
  .meta({ description: "`eu-central-1` and `EU_CENTRAL_1` are the same.", example: "eu-central-1" });

export const DirectoryPath = z
  .string()
  .max(MAX_PATH)
  .regex(/^[A-Za-z0-9/_=.-]*$/, "may contain only letters, digits, and / _ = . -")
  .superRefine((path, context) => {
    const fault = pathFault(path);
    if (fault !== null) context.addIssue({ code: "custom", message: fault });
  })
  .meta({ description: "Begins every key. A missing slash at its end is added.", example: "spillway/events/" });

export const RoleArn = z
  .string()
  .max(2048)
  .regex(/^arn:aws(-cn|-us-gov)?:iam::[A-Za-z0-9]*:role\/[\w+=,.@/-]+$/, {
    error: "must be the ARN of a role.",
    abort: true,
  })
  .meta({ example: "arn:aws:iam::123456789012:role/spillway-export" });

const INLINE = ["bucket", "region", "role_arn"] as const;

const S3 = z
  .strictObject({
    type: z.literal("s3"),
    destination_id: z.string().min(1).max(100).optional().meta({ description: "A destination of the space." }),
    bucket: BucketName.optional(),
    region: Region.optional(),
    directory_path: DirectoryPath.optional(),
    role_arn: RoleArn.optional(),
  })
  .superRefine((s3, context) => {
    const refuse = (name: string, message: string) => context.addIssue({ code: "custom", path: [name], message });
    if (s3.destination_id === undefined) {
      for (const name of INLINE)
        if (s3[name] === undefined) refuse(name, "is missing: send bucket, region and role_arn, or a destination_id.");
    } else
      for (const name of [...INLINE, "directory_path"] as const)
        if (s3[name] !== undefined) refuse(name, "is set by the destination: leave it out.");
  })
  .meta({ id: "S3Delivery", override: ({ jsonSchema }) => asUnion(jsonSchema) });

/** The document shows both forms, which the checks above tell apart with better errors than a union of schemas has. */
function asUnion(s3: z.core.JSONSchema.BaseSchema): void {
  const { type, properties = {}, additionalProperties } = s3;
  const form = (names: readonly string[], required: readonly string[]) => ({
    type,
    properties: Object.fromEntries(names.map((name) => [name, properties[name]])),
    required: ["type", ...required],
    additionalProperties,
  });
  const inline = Object.keys(properties).filter((name) => name !== "destination_id");
  for (const name of ["type", "properties", "required", "additionalProperties"]) delete s3[name];
  Object.assign(s3, { oneOf: [form(["type", "destination_id"], ["destination_id"]), form(inline, INLINE)] });
}

export const Delivery = z
  .discriminatedUnion("type", [z.strictObject({ type: z.literal("download") }).meta({ id: "DownloadDelivery" }), S3])
  .meta({ id: "Delivery" })
  .default({ type: "download" })
  .meta({
    description:
      "`download`: the service keeps the files in its own bucket until `expires_at` (7 days by default) and returns presigned URLs. `s3`: the service writes the files to your bucket, named either by `destination_id` or, in AWS or the store of the setting `S3_ENDPOINT`, by `bucket`, `region`, `role_arn` and optionally `directory_path`. It never overwrites and never deletes objects there.",
  });

export type Delivery = z.output<typeof Delivery>;
