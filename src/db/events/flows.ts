/**
 * Flows and their elements, stored as versions [seq_from, seq_to): an export reads them as of its snapshot. A PUT
 * without a change adds no version, so that a nightly PUT of all flows costs nothing.
 */

import type { Row } from "../core/columns.ts";
import { type Database, statement } from "../core/database.ts";
import { inBatches } from "../core/batching.ts";
import { asOf, nextSequence, THIS_SEQUENCE, versionAsOf } from "../core/sequences.ts";

interface Flows {
  id: string;
  campaign_name: string | null;
  campaign_start: number | null;
  /** JSON array of {id, name}. */
  elements: string;
  created_at: number;
  updated_at: number;
}

const COLUMNS = "id, campaign_name, campaign_start, elements, created_at, updated_at";

export type FlowRow = Row<Flows, typeof COLUMNS>;

export type NewFlow = Pick<FlowRow, "id" | "campaign_name" | "campaign_start" | "elements">;

/** Replaces whole flows, all or nothing, at one sequence number. @param flows each id at most once. */
export async function putFlows(db: Database, spaceId: string, flows: readonly NewFlow[], now: number): Promise<void> {
  const close = `UPDATE flows SET seq_to = ${THIS_SEQUENCE}
     WHERE space_id = ?1 AND seq_to IS NULL AND id IN (
       SELECT p.id FROM json_each(?2) j CROSS JOIN flows p
         ON p.space_id = ?1 AND p.id = j.value ->> 'id' AND p.seq_to IS NULL
       WHERE p.campaign_name IS NOT j.value ->> 'campaign_name' OR p.campaign_start IS NOT j.value ->> 'campaign_start'
         OR p.elements IS NOT j.value ->> 'elements')`;
  const closeElements = `UPDATE flow_elements INDEXED BY flow_elements_by_flow SET seq_to = ${THIS_SEQUENCE}
     WHERE space_id = ?1 AND seq_to IS NULL AND flow_id IN (
       SELECT p.id FROM json_each(?2) j CROSS JOIN flows p
         ON p.space_id = ?1 AND p.id = j.value ->> 'id' AND p.seq_to = ${THIS_SEQUENCE})`;
  const open = `INSERT INTO flows (space_id, seq_from, seq_to, ${COLUMNS})
     SELECT ?1, ${THIS_SEQUENCE}, NULL, j.value ->> 'id', j.value ->> 'campaign_name', j.value ->> 'campaign_start',
       j.value ->> 'elements', coalesce(p.created_at, ?3), ?3
     FROM json_each(?2) j
     LEFT JOIN flows p ON p.space_id = ?1 AND p.id = j.value ->> 'id' AND p.seq_to = ${THIS_SEQUENCE}
     WHERE NOT EXISTS (SELECT 1 FROM flows s WHERE s.space_id = ?1 AND s.id = j.value ->> 'id' AND s.seq_to IS NULL)`;
  const openElements = `INSERT INTO flow_elements (space_id, id, flow_id, seq_from, seq_to, name)
     SELECT ?1, e.value ->> 'id', f.id, ${THIS_SEQUENCE}, NULL, e.value ->> 'name'
     FROM json_each(?2) j CROSS JOIN flows f
       ON f.space_id = ?1 AND f.id = j.value ->> 'id' AND f.seq_from = ${THIS_SEQUENCE}
     CROSS JOIN json_each(f.elements) e`;
  const lists = inBatches(flows).map((part) => JSON.stringify(part));
  await db.batch([
    nextSequence(spaceId),
    ...lists.flatMap((list) => [
      statement(close, [spaceId, list]),
      statement(closeElements, [spaceId, list]),
      statement(open, [spaceId, list, now]),
      statement(openElements, [spaceId, list]),
    ]),
  ]);
}

/** The current flows, by id. */
export const listFlows = (db: Database, spaceId: string, afterId: string | null, limit: number) =>
  db.all<FlowRow>(
    `SELECT ${COLUMNS} FROM flows WHERE space_id = ?1 AND seq_to IS NULL AND id > ?2 ORDER BY id LIMIT ?3`,
    [spaceId, afterId ?? "", limit],
  );

/** An element: its name, and the campaign of its flow. */
export interface ElementRow {
  id: string;
  name: string | null;
  campaign_name: string | null;
  campaign_start: number | null;
}

/**
 * These elements as of a sequence number. Where several flows have an element with one id, the flow that was created or
 * changed last is the last one here.
 */
export const elementsAt = (db: Database, spaceId: string, seq: number, elementIds: readonly string[]) =>
  db.all<ElementRow>(
    `SELECT e.id, e.name, f.campaign_name, f.campaign_start
     FROM json_each(?3) j
     CROSS JOIN flow_elements e ON e.space_id = ?1 AND e.id = j.value AND ${asOf("e", "?2")}
     CROSS JOIN flows f ON f.space_id = ?1 AND f.id = e.flow_id AND f.seq_from = e.seq_from
     ORDER BY e.seq_from`,
    [spaceId, seq, JSON.stringify(elementIds)],
  );

/** These flows as of a sequence number. */
export const flowsAt = (db: Database, spaceId: string, seq: number, flowIds: readonly string[]) =>
  db.all<Pick<FlowRow, "id" | "campaign_name" | "campaign_start">>(
    `SELECT f.id, f.campaign_name, f.campaign_start
     FROM json_each(?3) j CROSS JOIN flows f ON f.space_id = ?1 AND f.id = j.value AND ${versionAsOf("flows", "f", { id: "j.value" }, "?2")}`,
    [spaceId, seq, JSON.stringify(flowIds)],
  );
