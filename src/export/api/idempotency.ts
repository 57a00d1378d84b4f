/**
 * Idempotency keys. The first call that sends a key reserves it, and its answer is stored in the transaction that makes the
 * export: whatever is repeated, lost or cut off, a key makes one export at most.
 */

import { findKeyHolder, releaseKey, reserveKey } from "../../db/exports/idempotency.ts";
import { SpillwayError } from "../../errors.ts";
import { logFailure } from "../../log.ts";
import type { Context } from "../../context.ts";

export const KEY_KEPT_MS = 24 * 3_600_000;
/** A call that takes longer than this has died: the next one with its key takes over. */
const RESERVED_MS = 60_000;
const ASK_AGAIN_SECONDS = 1;

type KeyContext = Pick<Context, "databases" | "runtime">;

/**
 * @param requestSha256 of the request, so that the key is not taken for another one's.
 * @param exportId of the export that the caller makes if the key is its own.
 * @returns null when it is; else the answer of the call that had it.
 * @throws idempotency_mismatch; conflict while the first call is under way.
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
  const reservation = { requestSha256, exportId, now, until: now + RESERVED_MS, keptMs: KEY_KEPT_MS };
  if (await reserveKey(control, spaceId, key, reservation)) return null;
  const holder = await findKeyHolder(control, spaceId, key, now, KEY_KEPT_MS);
  if (holder !== null && holder.request_sha256 !== requestSha256) throw new SpillwayError("idempotency_mismatch");
  if (holder?.response === null || holder === null)
    throw new SpillwayError("conflict", "A call with this idempotency key is under way.", {
      retryAfterSeconds: ASK_AGAIN_SECONDS,
    });
  return holder.response;
}

/** Does a call with this key repeat another, so that it takes no place of a create? */
export async function isKnownKey(context: KeyContext, spaceId: string, key: string): Promise<boolean> {
  return (await findKeyHolder(context.databases.control, spaceId, key, context.runtime.now(), KEY_KEPT_MS)) !== null;
}

/** A key whose call made nothing is free again: at once, or where that fails after a minute. Never throws. */
export async function giveKeyBack(context: KeyContext, spaceId: string, key: string, exportId: string): Promise<void> {
  await releaseKey(context.databases.control, spaceId, key, exportId).catch((thrown: unknown) =>
    logFailure("idempotency.not_released", thrown, { space_id: spaceId, export_id: exportId }),
  );
}
