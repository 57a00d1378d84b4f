/**
 * The cursor of List Events: where a walk through events goes on, and at which snapshot. It is sealed for its space and for the
 * request that it came from, so whatever opens was made by this service for this very call. It holds for a day, and only while every
 * event that comes after it is sure to be kept.
 */

import type { Key } from "../../datasets/dataset.ts";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { invalid } from "../../errors.ts";
import { GRACE_MS } from "../../maintenance/retention.ts";
import { decrypt, encrypt } from "../../outbound/encryption.ts";
import { iso } from "../../time/names.ts";
import type { Call } from "../route.ts";

const DAY_MS = 86_400_000;

/** A walk through the events that stood at a snapshot. */
export interface Walk {
  snapshotSeq: number;
  /** When its first page was asked for, epoch ms: its window was checked then. */
  askedAt: number;
  /** The first event of which rows are still to come; null at the start. */
  next: Key | null;
  /** How many of its rows came already. */
  skip: number;
}

/** @param request the call's parameters but its cursor and limit, defaults filled in. */
export async function writeCursor(call: Call, space: SpaceRow, request: unknown, walk: Walk): Promise<string> {
  const text = JSON.stringify([walk.snapshotSeq, walk.askedAt, walk.next?.time, walk.next?.id, walk.skip]);
  return encrypt(call.config.secretsKey, ownerOf(space, request), text, call.runtime.randomBytes(12));
}

/** @throws invalid_request for a cursor of another space, of another request, or that holds no longer. */
export async function readCursor(call: Call, space: SpaceRow, request: unknown, cursor: string): Promise<Walk> {
  const refuse = (detail: string) => invalid({ pointer: "#query/cursor", detail });
  const text = await decrypt(call.config.secretsKey, ownerOf(space, request), cursor).catch(() => {
    throw refuse("This cursor did not come from a call with these parameters. Only limit may differ between pages.");
  });
  const [snapshotSeq, askedAt, time, id, skip] = JSON.parse(text) as [number, number, number, string, number];
  const now = call.runtime.now();
  if (askedAt < now - DAY_MS)
    throw refuse(`This cursor's first page is more than a day old (${iso(askedAt)}): begin anew.`);
  if (time < now - space.retention_days * DAY_MS - GRACE_MS)
    throw refuse("The events after this cursor are older than the space keeps them, and may be gone: begin anew.");
  return { snapshotSeq, askedAt, next: { time, id }, skip };
}

const ownerOf = (space: SpaceRow, request: unknown) =>
  `list-events ${space.id} ${space.timezone} ${JSON.stringify(request)}`;
