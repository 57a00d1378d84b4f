/**
 * The cursors of List Events: the snapshot, and the place where the next page begins or the previous one ends. A cursor
 * is encrypted for its space and its request, so one that decrypts was written by this service for the same request. It
 * is valid for a day, and only while retention keeps every event that its page may have.
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
  /** Whose events alone are in the walk, as the first page found them: a later page does not look again. */
  person?: string | undefined;
  /** Where the page begins, or ends if it is read backwards; null for the first page. */
  at: RowPlace | null;
  backwards: boolean;
}

/** A place between two rows. */
export interface RowPlace {
  /** The record of the row after the place. */
  key: Key;
  /** How many rows of this record are before the place. */
  skip: number;
}

/**
 * @param request the call's parameters without cursor and limit, with defaults.
 * @returns null where the walk has no further page in its direction.
 */
export async function writeCursor(
  call: Call,
  space: SpaceRow,
  request: unknown,
  { snapshotSeq, askedAt, person, at, backwards }: Walk,
): Promise<string | null> {
  if (at === null) return null;
  const text = JSON.stringify([snapshotSeq, askedAt, at.key.time, at.key.id, at.skip, backwards, person ?? null]);
  return encrypt(call.config.secretsKey, placeOf(space, request), text, call.runtime.randomBytes(12));
}

/** @throws invalid_request for a cursor of another space or request, and for one that is too old. */
export async function readCursor(call: Call, space: SpaceRow, request: unknown, cursor: string): Promise<Walk> {
  const text = await decrypt(call.config.secretsKey, placeOf(space, request), cursor).catch(() => {
    throw refuse(
      "This cursor does not belong to these parameters. Repeat those of the first page: only the page's size may differ.",
    );
  });
  const [snapshotSeq, askedAt, time, id, skip, backwards = false, person] = JSON.parse(text) as Parts;
  const now = call.runtime.now();
  if (askedAt < now - DAY_MS)
    throw refuse(
      `The first page of this cursor is more than a day old (${iso(askedAt)}). Start again without a cursor.`,
    );
  if (!isKept(space, time, now)) throw tooOld();
  return { snapshotSeq, askedAt, person: person ?? undefined, at: { key: { time, id }, skip }, backwards };
}

/** Cursors of an earlier version end before `backwards`, and lead forwards. */
type Parts = [
  snapshotSeq: number,
  askedAt: number,
  time: number,
  id: string,
  skip: number,
  backwards?: boolean,
  person?: string | null,
];

/** Does retention keep the events from a time on? @param time epoch ms. */
export const isKept = (space: SpaceRow, time: number, now: number): boolean =>
  time >= now - space.retention_days * DAY_MS - GRACE_MS;

/** The refusal of a cursor whose page retention may have deleted events of. */
export const tooOld = () =>
  refuse("The events of this cursor are older than the space's retention. Start again without a cursor.");

const refuse = (detail: string) => invalid({ pointer: "#query/cursor", detail });

const placeOf = (space: SpaceRow, request: unknown): Place => ({
  purpose: "list-cursor",
  row: JSON.stringify(["list-events", space.id, space.timezone, request]),
});
