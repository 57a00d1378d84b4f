/**
 * A test of a destination: does it take what an export would write, as an export would write it, and is its role safe from
 * others? The probe is one small object of a name of its own each time: nothing is overwritten, and what stands is compared.
 */

import { type DestinationRow, findAuth } from "../../db/tenants/destinations.ts";
import { asSpillwayError, SpillwayError } from "../../errors.ts";
import { logFailure } from "../../log.ts";
import type { SessionScope } from "../../outbound/customer.ts";
import type { BucketLocation } from "../../outbound/bucket-location.ts";
import { type Bucket, sha256Hex, utf8 } from "../../outbound/s3.ts";
import { type Auth, decryptAuth } from "./destination.ts";
import type { Context } from "../../context.ts";

export const STEPS = ["assume_role", "external_id_enforced", "write", "encryption", "delete"] as const;

export interface Step {
  name: (typeof STEPS)[number];
  status: "passed" | "failed" | "skipped";
  /** Public: what to do. */
  detail: string;
}

const CONTENT = utf8("Spillway may write here. This object is of no other use.\n");
const DENIALS = new Set(["role_denied", "external_id_refused"]);

const passed = (name: Step["name"], detail: string): Step => ({ name, status: "passed", detail });
const failed = (name: Step["name"], detail: string): Step => ({ name, status: "failed", detail });
const skipped = (name: Step["name"], detail: string): Step => ({ name, status: "skipped", detail });

/** Every step, in order. Whatever is wrong is a step that failed: nothing is thrown. */
export async function testConnection(context: Context, row: DestinationRow, externalId: string): Promise<Step[]> {
  const place = JSON.parse(row.bucket_location) as BucketLocation;
  const auth = JSON.parse(row.auth) as Auth;
  const key = `${row.directory_path}spillway-test-${context.runtime.uuid()}.txt`;
  const reach: SessionScope = { sessionName: `test-${row.id}`, prefix: row.directory_path, probe: key };
  if (auth.type === "keys")
    return [
      skipped("assume_role", "The destination has access keys: there is no role to assume."),
      skipped("external_id_enforced", "The destination has access keys: there is no role to protect."),
      ...(await writeAndDelete(context, row, externalId, place, reach, key)),
    ];
  const assumed = await failureOf(row, () => context.customers.tryAssumeRole(place, auth.role_arn, externalId, reach));
  if (assumed !== null)
    return [
      failed("assume_role", DENIALS.has(assumed.code) ? howToTrust(context, externalId) : assumed.message),
      ...STEPS.slice(1).map((name) => skipped(name, "The role could not be assumed.")),
    ];
  return [
    passed("assume_role", "The role can be assumed with the space's external id."),
    await isEnforced(context, row, place, auth.role_arn, reach),
    ...(await writeAndDelete(context, row, externalId, place, reach, key)),
  ];
}

function howToTrust(context: Context, externalId: string): string {
  const principal = context.config.aws?.principalArn ?? "this service";
  return `The role may not be assumed: its trust policy must allow sts:AssumeRole to ${principal} with the external id ${externalId}. A new role takes a few minutes to spread.`;
}

/** A role that others' external ids open too could be used through us by anyone who knows its name. */
async function isEnforced(
  context: Context,
  row: DestinationRow,
  place: BucketLocation,
  roleArn: string,
  reach: SessionScope,
): Promise<Step> {
  const name = "external_id_enforced";
  for (const other of [`spillway-${context.runtime.uuid()}`, null]) {
    const refusal = await failureOf(row, () => context.customers.tryAssumeRole(place, roleArn, other, reach));
    if (refusal === null)
      return failed(
        name,
        `The role can be assumed ${other === null ? "without an external id" : "with another external id"}: add the condition sts:ExternalId of this space's policies to its trust policy.`,
      );
    if (!DENIALS.has(refusal.code))
      return failed(name, "Whether the role refuses another external id could not be seen. Test again.");
  }
  return passed(name, "The role refuses any other external id.");
}

async function writeAndDelete(
  context: Context,
  row: DestinationRow,
  externalId: string,
  place: BucketLocation,
  reach: SessionScope,
  key: string,
): Promise<Step[]> {
  let bucket: Bucket | undefined;
  const refused = await failureOf(row, async () => {
    const stored = await findAuth(context.databases.control, row.space_id, row.id);
    if (stored === null) throw new SpillwayError("not_found");
    bucket = context.customers.open(place, await decryptAuth(context, row.id, externalId, stored), reach);
    await bucket.putOnce(key, CONTENT, await sha256Hex(CONTENT), "text/plain");
  });
  const there = bucket;
  // A refusal for an encryption that is not confirmed comes after the object is written.
  const looks = refused === null || refused.code === "kms_denied";
  const unread = looks && there !== undefined ? await failureOf(row, () => mustShow(there, key)) : refused;
  if (there === undefined || (refused !== null && unread !== null)) {
    const why = refused?.message ?? "";
    const ofKey = refused?.code === "kms_denied";
    return [
      failed("write", why),
      ofKey ? failed("encryption", why) : skipped("encryption", "Nothing was written."),
      skipped("delete", "Nothing was written."),
    ];
  }
  return [
    unread === null ? passed("write", `Wrote ${key}.`) : failed("write", whyUnread(unread)),
    encryptionOf(place, refused ?? unread),
    await deleteProbe(row, there, key),
  ];
}

/** What an export wrote is read again when a step is repeated. @throws SpillwayError. */
async function mustShow(bucket: Bucket, key: string): Promise<void> {
  if ((await bucket.read(key)) === null)
    throw new SpillwayError("destination_unavailable", "The store does not show the object that it took.");
}

function whyUnread(refusal: SpillwayError): string {
  if (refusal.code !== "bucket_denied") return refusal.message;
  return "The object was written, but may not be read: allow s3:GetObject under the directory path, for objects that stand there already are compared.";
}

/** What a store does not confirm it may have dropped: then the write is refused. */
function encryptionOf({ encryption }: BucketLocation, refusal: SpillwayError | null): Step {
  const name = "encryption";
  if (refusal?.code === "kms_denied") return failed(name, refusal.message);
  if (encryption === null) return skipped(name, "The destination asks for no encryption of its own.");
  return passed(name, `The object is encrypted with ${encryption.sse}.`);
}

async function deleteProbe(row: DestinationRow, bucket: Bucket, key: string): Promise<Step> {
  const refusal = await failureOf(row, () => bucket.delete(key));
  if (refusal === null) return passed("delete", "The object is deleted again.");
  if (refusal.code === "bucket_denied")
    return skipped("delete", `It may not be deleted, and exports never delete: remove ${key} yourself if you like.`);
  return failed("delete", refusal.message);
}

/** @returns what went wrong, in public words; null when all went well. */
async function failureOf(row: DestinationRow, work: () => Promise<void>): Promise<SpillwayError | null> {
  try {
    await work();
    return null;
  } catch (thrown) {
    const error = asSpillwayError(thrown);
    logFailure("destination.refused", thrown, { space_id: row.space_id, destination_id: row.id, code: error.code });
    return error;
  }
}
