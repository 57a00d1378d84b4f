/**
 * The cursor of List Events: the snapshot, and the first event of the next page. It is encrypted for its space and its
 * request, so a cursor that decrypts was written by this service for the same request. It is valid for a day, and only
 * while retention keeps every event after it.
 */

import type { Key } from "../../datasets/dataset.ts";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { invalid } from "../../errors.ts";
import { GRACE_MS } from "../../maintenance/retention.ts";
import { decrypt, encrypt, type Place } from "../../outbound/encryption.ts";
import { DAY_MS } from "../../time/durations.ts";
import { iso } from "../../time/names.ts";
import type { Call } from "../route.ts";

/** A walk through the events as of a snapshot, page by page. */
export interface Walk {
  snapshotSeq: number;
  /** Epoch ms of the request for the first page, which validated the window. */
  askedAt: number;
  /** The first event with rows that are still to come; null for the first page. */
  next: Key | null;
  /** How many of its rows earlier pages had. */
  skip: number;
}

/** @param request the call's parameters without cursor and limit, with defaults. */
export async function writeCursor(call: Call, space: SpaceRow, request: unknown, walk: Walk): Promise<string> {
  const text = JSON.stringify([walk.snapshotSeq, walk.askedAt, walk.next?.time, walk.next?.id, walk.skip]);
  return encrypt(call.config.secretsKey, placeOf(space, request), text, call.runtime.randomBytes(12));
}

/** @throws invalid_request for a cursor of another space or request, and for one that is too old. */
export async function readCursor(call: Call, space: SpaceRow, request: unknown, cursor: string): Promise<Walk> {
  const refuse = (detail: string) => invalid({ pointer: "#query/cursor", detail });
  const text = await decrypt(call.config.secretsKey, placeOf(space, request), cursor).catch(() => {
    throw refuse(
      "This cursor does not belong to these parameters. Repeat those of the first page: only limit may differ.",
    );
  });
  const [snapshotSeq, askedAt, time, id, skip] = JSON.parse(text) as [number, number, number, string, number];
  const now = call.runtime.now();
  if (askedAt < now - DAY_MS)
    throw refuse(
      `The first page of this cursor is more than a day old (${iso(askedAt)}). Start again without a cursor.`,
    );
  if (time < now - space.retention_days * DAY_MS - GRACE_MS)
    throw refuse("The events after this cursor are older than the space's retention. Start again without a cursor.");
  return { snapshotSeq, askedAt, next: { time, id }, skip };
}

const placeOf = (space: SpaceRow, request: unknown): Place => ({
  purpose: "list-cursor",
  row: JSON.stringify(["list-events", space.id, space.timezone, request]),
});
