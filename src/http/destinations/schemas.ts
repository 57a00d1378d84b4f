/** Destinations in requests and answers, and their form in the database. */

import * as z from "zod";
import type { DestinationRow } from "../../db/tenants/destinations.ts";
import { type Fault, invalid } from "../../errors.ts";
import { BucketName, DirectoryPath, Region, RoleArn } from "../../export/delivery/schema.ts";
import { type Auth, NO_IDENTITY } from "../../export/delivery/destination.ts";
import { asDirectory, templateFault, VARIABLES } from "../../export/delivery/key-template.ts";
import { bucketUrl, locationFaults, type BucketLocation, normalizeRegion } from "../../outbound/bucket-location.ts";
import { ENCRYPTIONS, PROVIDERS } from "../../outbound/providers.ts";
import { roleFault } from "../../outbound/role.ts";
import { urlFault } from "../../outbound/url-guard.ts";
import type { Call } from "../route.ts";
import { Name, Url, times, timesOf } from "../schemas.ts";

/** Becomes the value of a header. */
const KeyId = z.string().regex(/^[A-Za-z0-9:/_.-]{1,500}$/, "must be the id, the ARN or an alias of a key.");

const KeyTemplate = z
  .string()
  .max(256)
  .superRefine((template, context) => {
    const fault = templateFault(template);
    if (fault !== null) context.addIssue({ code: "custom", message: fault });
  })
  .meta({
    description: `The part of an object's key between the directory path and the file's name, such as \`dt={date}/\`. Variables: ${VARIABLES.map((name) => `\`{${name}}\``).join(", ")}; \`date\` (\`2026-01-15\`) and \`hour\` (\`09\`) are the start of the window in UTC (of conversions, the first requested day); \`event_name\` is available for exports of exactly one event. A missing slash at the end is added.`,
    example: "dt={date}/",
  });

const shape = {
  name: Name,
  bucket: BucketName,
  region: Region,
  endpoint: Url(500).nullish().meta({
    description:
      "The https address of a store other than AWS; private addresses are rejected. With it, `path_style` defaults to `true`.",
    example: "https://objects.acme.example",
  }),
  directory_path: DirectoryPath.nullish(),
  auth: z
    .discriminatedUnion("type", [
      z.strictObject({ type: z.literal("role"), role_arn: RoleArn }),
      z.strictObject({
        type: z.literal("keys"),
        access_key_id: z
          .string()
          .regex(
            /^[\w+=/.:@~%-]{3,128}$/,
            "must be an access key id of 3 to 128 letters, digits and these characters: + = / . : @ ~ % _ -",
          )
          .meta({ description: "Of AWS or another store; Swift's have a colon, such as `account:user`." }),
        secret_access_key: z.string().regex(/^[\x21-\x7e]{8,256}$/, "must be a secret access key."),
      }),
    ])
    .meta({
      description:
        "`role` is recommended: the service assumes it for each export with the space's external id. `keys`: the secret is stored encrypted and never returned.",
    }),
  encryption: z
    .strictObject({ sse: z.enum(ENCRYPTIONS), kms_key_id: KeyId.nullish() })
    .nullish()
    .meta({ description: "The encryption of files and manifests. A store that does not support it is rejected." }),
  provider: z.enum(PROVIDERS).nullish().meta({
    description:
      "Defaults to `aws`; with an `endpoint`, to `generic`. Settings that the store does not support are rejected.",
  }),
  path_style: z
    .boolean()
    .nullish()
    .meta({ description: "Whether the bucket is in the path of addresses instead of in the host name." }),
  storage_class: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{1,40}$/, "must be a storage class, such as STANDARD_IA.")
    .nullish(),
  key_template: KeyTemplate.nullish(),
};

export const NewDestination = z.strictObject(shape);
export type NewDestination = z.output<typeof NewDestination>;
export const DestinationChange = NewDestination.partial();

export const Destination = z
  .object({
    id: z.uuid(),
    name: z.string(),
    bucket: z.string(),
    region: z.string(),
    endpoint: z.string().nullable(),
    directory_path: z.string(),
    auth: z.discriminatedUnion("type", [
      z.object({ type: z.literal("role"), role_arn: z.string() }),
      z.object({ type: z.literal("keys"), access_key_id: z.string() }),
    ]),
    encryption: z.object({ sse: z.enum(ENCRYPTIONS), kms_key_id: z.string().nullable() }).nullable(),
    provider: z.enum(PROVIDERS),
    path_style: z.boolean(),
    storage_class: z.string().nullable(),
    key_template: z.string().nullable(),
    ...times,
  })
  .meta({ id: "Destination" });

export function showDestination(row: DestinationRow): z.output<typeof Destination> {
  const place = JSON.parse(row.bucket_location) as BucketLocation;
  return {
    id: row.id,
    name: row.name,
    bucket: place.bucket,
    region: place.region,
    endpoint: place.endpoint,
    directory_path: row.directory_path,
    auth: JSON.parse(row.auth) as Auth,
    encryption: place.encryption,
    provider: place.provider,
    path_style: place.path_style,
    storage_class: place.storage_class,
    key_template: row.key_template,
    ...timesOf(row),
  };
}

/**
 * The stored columns of a destination, without its secret.
 * @param wanted the destination as a client describes it, with `auth` without its secret.
 * @throws invalid_request with every field that contradicts the others.
 */
export function describe(call: Call, wanted: Omit<NewDestination, "auth"> & { auth: Auth }) {
  const { auth, encryption = null } = wanted;
  const endpoint = wanted.endpoint?.replace(/\/+$/, "") ?? null;
  const place: BucketLocation = {
    provider: wanted.provider ?? (endpoint === null ? "aws" : "generic"),
    bucket: wanted.bucket,
    region: normalizeRegion(wanted.region),
    endpoint,
    path_style: wanted.path_style ?? endpoint !== null,
    encryption: encryption === null ? null : { sse: encryption.sse, kms_key_id: encryption.kms_key_id ?? null },
    storage_class: wanted.storage_class ?? null,
  };
  const { aws, stsEndpoint } = call.config;
  const stsOfAws = stsEndpoint === null;
  const faults: Fault[] = locationFaults(place, auth.type, stsOfAws).map(({ field, detail }) => ({
    pointer: field === "auth" ? "/auth/type" : `/${field}`,
    detail,
  }));
  const refuse = (pointer: string, detail: string) => void faults.push({ pointer, detail });
  if (endpoint !== null) {
    const refusal = urlFault(endpoint, call.config.allowInsecureTargets);
    if (refusal !== null) refuse("/endpoint", refusal);
    else if (/[?#]/.test(endpoint)) refuse("/endpoint", "endpoint must have no query and no fragment.");
    else if (!URL.canParse(bucketUrl(place)))
      refuse("/path_style", "This endpoint's host cannot be prefixed with the bucket. Set path_style to true.");
  }
  if (auth.type === "role" && aws === null) refuse("/auth/type", NO_IDENTITY);
  const refused =
    auth.type === "role" && aws !== null ? roleFault(auth.role_arn, place, aws.principalArn, stsOfAws) : null;
  if (refused !== null) refuse("/auth/role_arn", refused);
  if (faults.length > 0) throw invalid(...faults);
  const template = wanted.key_template ?? "";
  return {
    name: wanted.name,
    bucket_location: JSON.stringify(place),
    directory_path: asDirectory(wanted.directory_path ?? ""),
    key_template: template === "" ? null : asDirectory(template),
    auth: JSON.stringify(auth),
  };
}

/** Splits an `auth` into the part that is stored in plain text and the secret. */
export function splitSecret(auth: NewDestination["auth"]): { auth: Auth; secret: string | null } {
  if (auth.type === "role") return { auth, secret: null };
  const { type, access_key_id, secret_access_key } = auth;
  return { auth: { type, access_key_id }, secret: secret_access_key };
}
