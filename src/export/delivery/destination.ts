/**
 * Where an export's files go. The place is frozen when the export is asked for: a destination that is changed moves nothing
 * half way. What opens the bucket is read when it is needed, so that an export that is refused goes on once the
 * destination's role or key is mended.
 */

import { findAuth, findDestination } from "../../db/tenants/destinations.ts";
import type { ExportRow } from "../../db/exports/exports.ts";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { type Fault, invalid, SpillwayError } from "../../errors.ts";
import type { Opener } from "../../outbound/customer.ts";
import { faultsOf, type BucketLocation, regionOf } from "../../outbound/bucket-location.ts";
import { roleFault } from "../../outbound/role.ts";
import type { Bucket } from "../../outbound/s3.ts";
import { decrypt } from "../../outbound/encryption.ts";
import type { Delivery } from "./schema.ts";
import type { Context } from "../../context.ts";
import { asDirectory, expand, type Facts } from "./key-template.ts";

/** As it is stored with an export. */
export interface Destination {
  place: BucketLocation;
  directory_path: string;
  /** Of every key: the directory path, and what the key template made. Empty, or with a slash at its end. */
  prefix: string;
  /** Of a delivery without a destination. */
  role_arn: string | null;
  /** The space's own: it never changes. */
  external_id: string;
}

/** What a destination is opened with, as it is stored. */
export type Auth = { type: "role"; role_arn: string } | { type: "keys"; access_key_id: string };

/** The longest name that a file may get, with its endings. */
const MAX_NAME = 160;
const MAX_KEY = 1024;
/** An export that is only estimated has no id. */
export const NO_ID = "00000000-0000-0000-0000-000000000000";

export const NO_IDENTITY =
  "This service is not set up to assume roles: its operator has to give it an identity in AWS. Access keys work without.";

export function destinationOf(row: Pick<ExportRow, "destination">): Destination | null {
  return row.destination === null ? null : (JSON.parse(row.destination) as Destination);
}

type Opening = Pick<Context, "config" | "databases">;

/** @throws invalid_request naming what of the delivery cannot be. @returns null for the service's own bucket. */
export async function freezeDestination(
  context: Opening,
  space: SpaceRow,
  delivery: Delivery,
  facts: Facts,
): Promise<{ destination: Destination; destinationId: string | null } | null> {
  if (delivery.type === "download") return null;
  const { destination_id: id } = delivery;
  if (id !== undefined) return freezeStored(context, space, id, facts);
  const { bucket = "", region = "", role_arn: roleArn = "", directory_path: path = "" } = delivery;
  const { aws, stsEndpoint } = context.config;
  if (aws === null) throw invalid({ pointer: "/delivery/role_arn", detail: NO_IDENTITY });
  const place: BucketLocation = {
    provider: "aws",
    bucket,
    region: regionOf(region),
    endpoint: null,
    path_style: false,
    encryption: null,
    storage_class: null,
  };
  const faults: Fault[] = faultsOf(place, "role", stsEndpoint === null).map(({ field, detail }) => ({
    pointer: `/delivery/${field}`,
    detail,
  }));
  const refusal = roleFault(roleArn, place, aws.principalArn, stsEndpoint === null);
  if (refusal !== null) faults.push({ pointer: "/delivery/role_arn", detail: refusal });
  if (faults.length > 0) throw invalid(...faults);
  const directory = asDirectory(path);
  const destination = { place, directory_path: directory, prefix: directory, role_arn: roleArn };
  return { destination: { ...destination, external_id: space.external_id }, destinationId: null };
}

async function freezeStored(context: Opening, space: SpaceRow, id: string, facts: Facts) {
  const pointer = "/delivery/destination_id";
  const stored = await findDestination(context.databases.control, space.id, id);
  if (stored === null) throw invalid({ pointer, detail: "The space has no such destination." });
  const auth = JSON.parse(stored.auth) as Auth;
  if (auth.type === "role" && context.config.aws === null) throw invalid({ pointer, detail: NO_IDENTITY });
  const { directory_path: directory, key_template: template } = stored;
  const prefix = `${directory}${template === null ? "" : expand(template, facts, pointer)}`;
  if (prefix.length + MAX_NAME > MAX_KEY)
    throw invalid({ pointer, detail: `The destination's path comes to ${prefix.length} bytes: too long for a key.` });
  const place = JSON.parse(stored.place) as BucketLocation;
  const destination = { place, directory_path: directory, prefix, role_arn: null, external_id: space.external_id };
  return { destination, destinationId: id };
}

/** The bucket that an export's files go to: a customer's, or the service's own. @throws bucket_denied. */
export async function bucketOf(
  context: Pick<Context, "bucket" | "config" | "customers" | "databases">,
  row: DeliveredRow,
): Promise<Bucket> {
  const destination = destinationOf(row);
  if (destination === null) return context.bucket;
  const opener = await openerOf(context, row, destination);
  return context.customers.open(destination.place, opener, {
    sessionName: row.id,
    prefix: destination.prefix,
    probe: null,
  });
}

export type DeliveredRow = Pick<ExportRow, "id" | "space_id" | "destination" | "destination_id">;

async function openerOf(context: Opening, row: DeliveredRow, destination: Destination): Promise<Opener> {
  const { role_arn: roleArn, external_id: externalId } = destination;
  if (roleArn !== null) return { type: "role", roleArn, externalId };
  const id = row.destination_id ?? "";
  const found = await findAuth(context.databases.control, row.space_id, id);
  if (found === null)
    throw new SpillwayError("bucket_denied", "The export's destination was deleted: ask for a new export.", {
      retryable: false,
    });
  return unseal(context, id, externalId, found);
}

/** @param id the destination's: its secret is sealed for it. */
export async function unseal(
  context: Pick<Context, "config">,
  id: string,
  externalId: string,
  stored: { auth: string; secret: string | null },
): Promise<Opener> {
  const auth = JSON.parse(stored.auth) as Auth;
  if (auth.type === "role") return { type: "role", roleArn: auth.role_arn, externalId };
  const secretAccessKey = await decrypt(context.config.secretsKey, id, stored.secret ?? "");
  return { type: "keys", accessKeyId: auth.access_key_id, secretAccessKey };
}
