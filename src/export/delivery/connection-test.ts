/**
 * Tests a destination in steps: can its role be assumed, does the role refuse other external ids, and does the bucket
 * accept an object as an export would write it? Each test writes one small object under a new key, so nothing is
 * overwritten.
 */

import { type DestinationRow, findAuth } from "../../db/tenants/destinations.ts";
import { asSpillwayError, SpillwayError } from "../../errors.ts";
import { logFailure } from "../../log.ts";
import { StoreRefusal } from "../../outbound/s3-errors.ts";
import type { SessionScope } from "../../outbound/customer.ts";
import type { BucketLocation } from "../../outbound/bucket-location.ts";
import { type Bucket, sha256Hex, utf8 } from "../../outbound/s3.ts";
import { type Auth, decryptAuth } from "./destination.ts";
import type { Context } from "../../context.ts";
import { besideData } from "./object-keys.ts";

export const STEPS = ["assume_role", "external_id_enforced", "write", "encryption", "delete"] as const;

export interface Step {
  name: (typeof STEPS)[number];
  status: "passed" | "failed" | "skipped";
  /** Public text: the result, and what to do after a failure. */
  detail: string;
}

const CONTENT = utf8("A connection test of Spillway wrote this object. It can be deleted.\n");
const DENIALS = new Set(["role_denied", "external_id_refused"]);

const passed = (name: Step["name"], detail: string): Step => ({ name, status: "passed", detail });
const failed = (name: Step["name"], detail: string): Step => ({ name, status: "failed", detail });
const skipped = (name: Step["name"], detail: string): Step => ({ name, status: "skipped", detail });

type TestContext = Pick<Context, "config" | "customers" | "databases" | "runtime">;

/** A connection test that runs. */
interface Test {
  context: TestContext;
  row: DestinationRow;
  location: BucketLocation;
  /** The space's. */
  externalId: string;
  scope: SessionScope;
  /** Of the object that the test writes. */
  key: string;
}

/** @returns every step in order. A refusal is a failed step: nothing is thrown. */
export async function testConnection(context: TestContext, row: DestinationRow, externalId: string): Promise<Step[]> {
  const location = JSON.parse(row.bucket_location) as BucketLocation;
  const auth = JSON.parse(row.auth) as Auth;
  const key = besideData(`${row.directory_path}spillway-test-${context.runtime.uuid()}.txt`);
  const scope: SessionScope = {
    sessionName: `test-${row.id}`,
    prefix: row.directory_path,
    purpose: "write",
    probe: key,
  };
  const test: Test = { context, row, location, externalId, scope, key };
  if (auth.type === "keys")
    return [
      skipped("assume_role", "The destination has access keys: there is no role to assume."),
      skipped("external_id_enforced", "The destination has access keys: there is no role to protect."),
      ...(await writeAndDelete(test)),
    ];
  const refusal = await assumeRole(test, auth.role_arn, externalId);
  if (refusal !== null)
    return [
      failed("assume_role", DENIALS.has(refusal.code) ? `${refusal.message} ${howToTrust(test)}` : refusal.message),
      ...STEPS.slice(1).map((name) => skipped(name, "The role could not be assumed.")),
    ];
  return [
    passed("assume_role", "The role can be assumed with the space's external id."),
    await testExternalId(test, auth.role_arn),
    ...(await writeAndDelete(test)),
  ];
}

/** @returns the failure, or null. */
const assumeRole = ({ context, row, location, scope }: Test, roleArn: string, externalId: string | null) =>
  catchFailure(row, () => context.customers.tryAssumeRole(location, roleArn, externalId, scope));

function howToTrust({ context, externalId }: Test): string {
  const principal = context.config.aws?.principalArn ?? "this service";
  return `The principal is ${principal}, the external id ${externalId}. A new role works after a few minutes.`;
}

/** With a role that accepts any external id, everyone who knows its ARN could write through this service. */
async function testExternalId(test: Test, roleArn: string): Promise<Step> {
  const name = "external_id_enforced";
  for (const other of [`spillway-${test.context.runtime.uuid()}`, null]) {
    const refusal = await assumeRole(test, roleArn, other);
    if (refusal === null)
      return failed(
        name,
        `The role can be assumed ${other === null ? "without an external id" : "with another external id"}: add the condition sts:ExternalId of this space's policies to its trust policy.`,
      );
    if (!DENIALS.has(refusal.code))
      return failed(name, "The test could not find out whether the role refuses another external id. Test again.");
  }
  return passed(name, "The role refuses any other external id.");
}

async function writeAndDelete({ context, row, location, externalId, scope, key }: Test): Promise<Step[]> {
  let bucket: Bucket | undefined;
  const refused = await catchFailure(row, async () => {
    const stored = await findAuth(context.databases.control, row.space_id, row.id);
    if (stored === null) throw new SpillwayError("not_found");
    bucket = context.customers.open(location, await decryptAuth(context, row.id, externalId, stored), scope);
    await bucket.putOnce(key, CONTENT, await sha256Hex(CONTENT), "text/plain");
  });
  const opened = bucket;
  // An encryption that the store does not confirm is refused after the object was written.
  const byKey = refused?.code === "kms_denied";
  const written = refused === null || byKey;
  const unread = written && opened !== undefined ? await catchFailure(row, () => readBack(opened, key)) : refused;
  if (opened === undefined || (refused !== null && unread !== null)) {
    const why = refused?.message ?? "";
    return [
      failed("write", why),
      byKey ? failed("encryption", why) : skipped("encryption", "Nothing was written."),
      skipped("delete", "Nothing was written."),
    ];
  }
  return [
    unread === null ? passed("write", `Wrote ${key}.`) : failed("write", readFailure(unread)),
    encryptionStep(location, refused ?? unread),
    await deleteProbe(row, opened, key),
  ];
}

/** A repeated step of an export reads the objects that it wrote before. @throws SpillwayError. */
async function readBack(bucket: Bucket, key: string): Promise<void> {
  if ((await bucket.read(key, { from: 0, length: CONTENT.length })) === null)
    throw new SpillwayError("destination_unavailable", "The store accepted the object, but does not return it.");
}

function readFailure(refusal: SpillwayError): string {
  if (!lacksPermission(refusal)) return refusal.message;
  return "The object was written, but cannot be read: allow s3:GetObject under the directory path, because exports compare the objects that already exist there.";
}

const lacksPermission = (refusal: SpillwayError) => refusal instanceof StoreRefusal && refusal.lacksPermission;

function encryptionStep({ encryption }: BucketLocation, refusal: SpillwayError | null): Step {
  const name = "encryption";
  if (refusal?.code === "kms_denied") return failed(name, refusal.message);
  if (encryption === null) return skipped(name, "The destination sets no encryption.");
  return passed(name, `The object is encrypted with ${encryption.sse}.`);
}

async function deleteProbe(row: DestinationRow, bucket: Bucket, key: string): Promise<Step> {
  const refusal = await catchFailure(row, () => bucket.delete(key));
  if (refusal === null) return passed("delete", "The object was deleted.");
  if (lacksPermission(refusal))
    return skipped("delete", `The role or key may not delete objects, and exports never do: delete ${key} yourself.`);
  return failed("delete", refusal.message);
}

/** @returns the failure as a public error, after logging it; null when the work succeeded. */
async function catchFailure(row: DestinationRow, work: () => Promise<void>): Promise<SpillwayError | null> {
  try {
    await work();
    return null;
  } catch (thrown) {
    const error = asSpillwayError(thrown);
    logFailure("destination.refused", thrown, { space_id: row.space_id, destination_id: row.id, code: error.code });
    return error;
  }
}
