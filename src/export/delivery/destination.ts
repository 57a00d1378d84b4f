/**
 * Where an export's files go. The bucket's location is frozen with the export, so that a later change of the
 * destination does not split one export over two buckets. The credentials are read at each step, so that a correction
 * of the destination's role or key lets a refused export go on.
 */

import { findAuth, findDestination } from "../../db/tenants/destinations.ts";
import type { ExportRow } from "../../db/exports/exports.ts";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { invalid, SpillwayError } from "../../errors.ts";
import type { BucketAuth } from "../../outbound/customer.ts";
import { locationFaults, type BucketLocation, normalizeRegion } from "../../outbound/bucket-location.ts";
import type { SessionPurpose } from "../../outbound/policies.ts";
import { roleFault } from "../../outbound/role.ts";
import type { Bucket } from "../../outbound/s3.ts";
import { decrypt } from "../../outbound/encryption.ts";
import type { Delivery } from "./schema.ts";
import type { Context } from "../../context.ts";
import { asDirectory, expand, type Facts } from "./key-template.ts";

/** Stored with an export as JSON. */
export interface Destination {
  bucket_location: BucketLocation;
  directory_path: string;
  /**
   * The key of every file begins with it: the directory path and the expanded key template. Empty, or with a slash at
   * its end.
   */
  prefix: string;
  /** The role of an inline delivery; null when the credentials are a stored destination's. */
  role_arn: string | null;
  /** The space's, which never changes. */
  external_id: string;
}

/** A destination's credentials as they are stored, without the secret. */
export type Auth = { type: "role"; role_arn: string } | { type: "keys"; access_key_id: string };

/** The longest file name, with its extensions. */
const MAX_NAME = 160;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY = 1024;
/** The id of an export that is only estimated. */
export const NO_ID = "00000000-0000-0000-0000-000000000000";

export const NO_IDENTITY =
  "This service has no AWS identity, so it cannot assume roles. Use access keys, or ask its operator to set AWS_PRINCIPAL_ARN.";

export function destinationOf(row: Pick<ExportRow, "destination">): Destination | null {
  return row.destination === null ? null : (JSON.parse(row.destination) as Destination);
}

type Opening = Pick<Context, "config" | "databases">;

/**
 * @param facts what the key template may refer to.
 * @returns null for the service's own bucket.
 * @throws invalid_request naming the field of the delivery that is wrong.
 */
export async function freezeDestination(
  context: Opening,
  space: SpaceRow,
  delivery: Delivery,
  facts: Facts,
): Promise<{ destination: Destination; destinationId: string | null } | null> {
  if (delivery.type === "download") return null;
  const { destination_id: id } = delivery;
  const own = id === undefined ? freezeInline(context, delivery) : await freezeStored(context, space, id, facts);
  return { destination: { ...own, external_id: space.external_id }, destinationId: id ?? null };
}

function freezeInline({ config }: Opening, delivery: Extract<Delivery, { type: "s3" }>) {
  const { bucket = "", region = "", role_arn: roleArn = "", directory_path: path = "" } = delivery;
  const { aws, stsEndpoint, s3Endpoint } = config;
  if (aws === null) throw invalid({ pointer: "/delivery/role_arn", detail: NO_IDENTITY });
  const location: BucketLocation = {
    provider: s3Endpoint === null ? "aws" : "generic",
    bucket,
    region: normalizeRegion(region),
    endpoint: s3Endpoint,
    path_style: s3Endpoint !== null,
    encryption: null,
    storage_class: null,
  };
  const faults: { field: string; detail: string }[] = locationFaults(location, "role", stsEndpoint === null);
  const refusal = roleFault(roleArn, location, aws.principalArn, stsEndpoint === null);
  if (refusal !== null) faults.push({ field: "role_arn", detail: refusal });
  if (faults.length > 0)
    throw invalid(...faults.map(({ field, detail }) => ({ pointer: `/delivery/${field}`, detail })));
  const directory = asDirectory(path);
  return { bucket_location: location, directory_path: directory, prefix: directory, role_arn: roleArn };
}

async function freezeStored(context: Opening, space: SpaceRow, id: string, facts: Facts) {
  const pointer = "/delivery/destination_id";
  const stored = await findDestination(context.databases.control, space.id, id);
  if (stored === null) throw invalid({ pointer, detail: "The space has no destination with this id." });
  const auth = JSON.parse(stored.auth) as Auth;
  if (auth.type === "role" && context.config.aws === null) throw invalid({ pointer, detail: NO_IDENTITY });
  const { directory_path: directory, key_template: template } = stored;
  const prefix = `${directory}${template === null ? "" : expand(template, facts, pointer)}`;
  if (prefix.length + MAX_NAME > MAX_KEY)
    throw invalid({ pointer, detail: `The destination's path of ${prefix.length} bytes is too long: shorten it.` });
  const location = JSON.parse(stored.bucket_location) as BucketLocation;
  return { bucket_location: location, directory_path: directory, prefix, role_arn: null };
}

const DELETED = "The export's destination was deleted: create a destination, and ask for a new export.";

export type BucketContext = Pick<Context, "bucket" | "config" | "customers" | "databases">;
export type DeliveredRow = Pick<ExportRow, "id" | "space_id" | "destination" | "destination_id">;

/**
 * The bucket of an export's files.
 * @param purpose what a role's session may do there.
 * @throws bucket_denied when its destination was deleted.
 */
export async function bucketOf(
  context: BucketContext,
  row: DeliveredRow,
  purpose: SessionPurpose = "write",
): Promise<Bucket> {
  const destination = destinationOf(row);
  if (destination === null) return context.bucket;
  const auth = await findBucketAuth(context, row, destination);
  const scope = { sessionName: row.id, prefix: destination.prefix, purpose, probe: null };
  return context.customers.open(destination.bucket_location, auth, scope);
}

async function findBucketAuth(context: Opening, row: DeliveredRow, destination: Destination): Promise<BucketAuth> {
  const { role_arn: roleArn, external_id: externalId } = destination;
  if (roleArn !== null) return { type: "role", roleArn, externalId };
  const id = row.destination_id ?? "";
  const found = await findAuth(context.databases.control, row.space_id, id);
  if (found === null) throw new SpillwayError("bucket_denied", DELETED, { retryable: false });
  return decryptAuth(context, id, externalId, found);
}

/** @param id the destination's: its secret decrypts with this owner alone. */
export async function decryptAuth(
  context: Pick<Context, "config">,
  id: string,
  externalId: string,
  stored: { auth: string; secret: string | null },
): Promise<BucketAuth> {
  const auth = JSON.parse(stored.auth) as Auth;
  if (auth.type === "role") return { type: "role", roleArn: auth.role_arn, externalId };
  const secretAccessKey = await decrypt(
    context.config.secretsKey,
    { purpose: "destination-secret", row: id },
    stored.secret ?? "",
  );
  return { type: "keys", accessKeyId: auth.access_key_id, secretAccessKey };
}
