/** Takes an export in: freezes the snapshot and the request, writes the row, and wakes the plan. */

import { type ExportRow, findExport, insertExport } from "../db/exports.ts";
import { readSequence } from "../db/sequences.ts";
import type { SpaceRow } from "../db/spaces.ts";
import { SpillwayError } from "../errors.ts";
import type { Source } from "../datasets/dataset.ts";
import { logFailure } from "../log.ts";
import type { Hall } from "./hall.ts";
import { datasetOf, type ExportRequest } from "./request.ts";

const PENDING_RETRY_SECONDS = 10;

/**
 * @param request checked by its dataset's schema, defaults filled in.
 * @throws invalid_request naming the field; too_many_pending_exports.
 */
export async function createExport(hall: Hall, space: SpaceRow, request: ExportRequest): Promise<ExportRow> {
  const { config, databases, world } = hall;
  // First of all: every write that was answered before this call is in, none that comes after the answer.
  const { query, snapshotSeq, now } = await freeze(hall, space, request);
  const row = {
    id: world.uuid(),
    space_id: space.id,
    dataset: request.dataset,
    request: JSON.stringify(request),
    query: JSON.stringify(query),
    layout: request.layout,
    file_rows: request.file_rows,
    snapshot_seq: snapshotSeq,
    created_at: now,
    wake_at: now + config.resendAfterMs,
  };
  if (!(await insertExport(databases.control, row, config.pendingLimit)))
    throw new SpillwayError("too_many_pending_exports", undefined, { retryAfterSeconds: PENDING_RETRY_SECONDS });
  // The row is the promise, the message only wakes: if it cannot be sent, the sweep sends it.
  await hall
    .send([{ space_id: space.id, export_id: row.id, step: "plan", n: 0 }])
    .catch((thrown: unknown) => logFailure("export.not_sent", thrown, { space_id: space.id, export_id: row.id }));
  const stored = await findExport(databases.control, space.id, row.id);
  if (stored === null) throw new Error("an export that was just written is not there");
  return stored;
}

async function freeze(hall: Hall, space: SpaceRow, request: ExportRequest) {
  const db = hall.databases.space(space.id);
  const snapshotSeq = await readSequence(db, space.id);
  const now = hall.world.now();
  const query = await datasetOf(request).freeze(request, { db, space, now, snapshotSeq });
  return { query, snapshotSeq, now };
}

/** What a request would give, without making anything. */
export async function openUnmade(hall: Hall, space: SpaceRow, request: ExportRequest): Promise<Source> {
  const { query, snapshotSeq } = await freeze(hall, space, request);
  return datasetOf(request).open(query, { db: hall.databases.space(space.id), spaceId: space.id, snapshotSeq });
}
