/**
 * Flows and their elements, stored as versions [seq_from, seq_to): an export reads them as of its snapshot. A PUT
 * without a change adds no version, so that a nightly PUT of all flows costs nothing.
 */

import type { Row } from "../core/columns.ts";
import { type Database, statement } from "../core/database.ts";
import { jsonLists } from "../core/json-lists.ts";
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

/**
 * Replaces whole flows, all or nothing, at one sequence number. The flows themselves are in one statement: they are
 * sent to D1 once. New versions begin as superseded ones, and become current when those before them have ended.
 * @param flows each id at most once; each is needed only until the next one is read.
 */
export async function putFlows(db: Database, spaceId: string, flows: Iterable<NewFlow>, now: number): Promise<void> {
  const open = `INSERT INTO flows (space_id, seq_from, seq_to, ${COLUMNS})
     SELECT ?1, ${THIS_SEQUENCE}, ${THIS_SEQUENCE}, j.value ->> 'id', j.value ->> 'campaign_name',
       j.value ->> 'campaign_start', j.value ->> 'elements', coalesce(p.created_at, ?3), ?3
     FROM json_each(?2) j
     LEFT JOIN flows p ON p.space_id = ?1 AND p.id = j.value ->> 'id' AND p.seq_to IS NULL
     WHERE p.id IS NULL OR p.campaign_name IS NOT j.value ->> 'campaign_name'
       OR p.campaign_start IS NOT j.value ->> 'campaign_start' OR p.elements IS NOT j.value ->> 'elements'`;
  const opened = `FROM flows f INDEXED BY flows_superseded
     WHERE f.space_id = ?1 AND f.seq_to = ${THIS_SEQUENCE} AND f.seq_from = ${THIS_SEQUENCE}`;
  const openElements = `INSERT INTO flow_elements (space_id, id, flow_id, seq_from, seq_to, name)
     SELECT ?1, e.value ->> 'id', f.id, ${THIS_SEQUENCE}, ${THIS_SEQUENCE}, e.value ->> 'name'
     FROM (SELECT f.id, f.elements ${opened}) f CROSS JOIN json_each(f.elements) e`;
  const close = (table: string, flowId: string) => `UPDATE ${table} SET seq_to = ${THIS_SEQUENCE}
     WHERE space_id = ?1 AND seq_to IS NULL AND ${flowId} IN (SELECT f.id ${opened})`;
  const publish = (table: string) => `UPDATE ${table} INDEXED BY ${table}_superseded SET seq_to = NULL
     WHERE space_id = ?1 AND seq_to = ${THIS_SEQUENCE} AND seq_from = ${THIS_SEQUENCE}`;
  const after = [
    openElements,
    close("flow_elements INDEXED BY flow_elements_by_flow", "flow_id"),
    close("flows INDEXED BY flows_current", "id"),
    publish("flow_elements"),
    publish("flows"),
  ];
  await db.batch([
    nextSequence(spaceId),
    ...jsonLists(flows).map((list) => statement(open, [spaceId, list, now])),
    ...after.map((sql) => statement(sql, [spaceId])),
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

/** Versions of elements that one query looks at. */
const VERSIONS_PER_QUERY = 50_000;

/** SQL: the versions of elements, in order. ?3 is JSON: of each element its id, and the flow and number before them. */
const VERSIONS_OF = `json_each(?3) j CROSS JOIN flow_elements e ON e.space_id = ?1 AND e.id = j.value ->> 0
  AND (e.flow_id, e.seq_from) > (j.value ->> 1, j.value ->> 2)`;

/**
 * These elements as of a sequence number. Where several flows have an element with one id, it is that of the flow that
 * was created or changed last; of those in one call, that with the last id.
 * @param versions how many versions of elements one query looks at, whether they are of that number or not: very many
 * flows may have an element with one id.
 */
export async function elementsAt(
  db: Database,
  spaceId: string,
  seq: number,
  elementIds: readonly string[],
  versions = VERSIONS_PER_QUERY,
): Promise<ElementRow[]> {
  interface Latest extends ElementRow {
    seq_from: number;
  }
  const latest = new Map<string, Latest>();
  let left: (readonly [id: string, flowId: string, seqFrom: number])[] = [...new Set(elementIds)].map((id) => [
    id,
    "",
    0,
  ]);
  while (left.length > 0) {
    const [found, end] = await db.batch<Latest & { place: number; flow_id: string }>([
      statement(
        `SELECT e.id, e.name, f.campaign_name, f.campaign_start, e.seq_from
         FROM (SELECT id, flow_id, name, seq_from, max(printf('%016d', seq_from) || flow_id) FROM (
             SELECT e.id, e.flow_id, e.name, e.seq_from, ${asOf("e", "?2")} AS matches FROM ${VERSIONS_OF} LIMIT ?4)
           WHERE matches GROUP BY id) e
         CROSS JOIN flows f ON f.space_id = ?1 AND f.id = e.flow_id AND f.seq_from = e.seq_from`,
        [spaceId, seq, JSON.stringify(left), versions],
      ),
      statement(`SELECT j.key AS place, e.flow_id, e.seq_from FROM ${VERSIONS_OF} LIMIT 1 OFFSET ?2`, [
        spaceId,
        versions - 1,
        JSON.stringify(left),
      ]),
    ]);
    for (const row of found?.rows ?? [])
      if ((latest.get(row.id)?.seq_from ?? -1) <= row.seq_from) latest.set(row.id, row);
    const last = end?.rows[0];
    const at = left[last?.place ?? -1];
    left =
      last === undefined || at === undefined
        ? []
        : [[at[0], last.flow_id, last.seq_from], ...left.slice(last.place + 1)];
  }
  return [...latest.values()];
}

/** These flows as of a sequence number. */
export const flowsAt = (db: Database, spaceId: string, seq: number, flowIds: readonly string[]) =>
  db.all<Pick<FlowRow, "id" | "campaign_name" | "campaign_start">>(
    `SELECT f.id, f.campaign_name, f.campaign_start
     FROM json_each(?3) j CROSS JOIN flows f ON f.space_id = ?1 AND f.id = j.value AND ${versionAsOf("flows", "f", { id: "j.value" }, "?2")}`,
    [spaceId, seq, JSON.stringify(flowIds)],
  );
