/**
 * Idempotency keys. The first call with a key reserves it, and the transaction that creates the export stores the
 * answer under the key. So a key creates at most one export, whichever calls are repeated, lost or cut off.
 */

import { findKeyHolder, releaseKey, reserveKey } from "../../db/exports/idempotency.ts";
import { SpillwayError } from "../../errors.ts";
import { logFailure } from "../../log.ts";
import type { Context } from "../../context.ts";
import { DAY_MS } from "../../time/durations.ts";

export const KEY_TTL_MS = DAY_MS;
/** A call that takes longer than this has died, and the next call with its key replaces the reservation. */
const RESERVED_MS = 60_000;

type KeyContext = Pick<Context, "databases" | "runtime">;

/**
 * @param requestSha256 of the request, in hex: the same key with another request is an error.
 * @param exportId the export that the caller creates if it gets the key.
 * @returns null when the caller reserved the key; else the stored answer of the call that used it first.
 * @throws idempotency_mismatch; conflict while the first call is in progress.
 */
export async function claimKey(
  context: KeyContext,
  spaceId: string,
  key: string,
  requestSha256: string,
  exportId: string,
): Promise<string | null> {
  const { control } = context.databases;
  const now = context.runtime.now();
  const reservation = { requestSha256, exportId, now, until: now + RESERVED_MS, keptMs: KEY_TTL_MS };
  if (await reserveKey(control, spaceId, key, reservation)) return null;
  const holder = await findKeyHolder(control, spaceId, key, now, KEY_TTL_MS);
  if (holder !== null && holder.request_sha256 !== requestSha256) throw new SpillwayError("idempotency_mismatch");
  if (holder !== null && holder.response !== null) return holder.response;
  const more = { retryAfterSeconds: 1 };
  throw new SpillwayError("conflict", "Another call with this idempotency key is in progress.", more);
}

/** Does a call with this key repeat an earlier one, so that the limit of creates does not count it? */
export async function isKnownKey(context: KeyContext, spaceId: string, key: string): Promise<boolean> {
  return (await findKeyHolder(context.databases.control, spaceId, key, context.runtime.now(), KEY_TTL_MS)) !== null;
}

/** Releases the key of a call that created nothing. If that fails, the key is free after a minute. Never throws. */
export async function releaseReservation(
  context: KeyContext,
  spaceId: string,
  key: string,
  exportId: string,
): Promise<void> {
  await releaseKey(context.databases.control, spaceId, key, exportId).catch((thrown: unknown) =>
    logFailure("idempotency.not_released", thrown, { space_id: spaceId, export_id: exportId }),
  );
}
