/** The rows that an export must have, computed from the space's tables by code that is not the product's. */

import { env } from "cloudflare:workers";
import { inSpace } from "../../src/db/core/sequences.ts";
import type { Row } from "./pipeline.ts";
import type { Space } from "./service.ts";

export interface Tables {
  events: {
    id: string;
    seq: number;
    occurred_at: number;
    definition_id: string;
    person_id: string;
    session_id: string | null;
    received_at: number;
    properties: string;
  }[];
  /** Versions [seq_from, seq_to). */
  profiles: { person_id: string; seq_from: number; seq_to: number | null; external_person_id: string | null }[];
}

export async function readTables(space: Space): Promise<Tables> {
  const all = async <Item>(table: string) =>
    (
      await env.SPACE_DB.prepare(`SELECT * FROM ${table} WHERE ${inSpace(table)}`)
        .bind(space.id)
        .all<Item>()
    ).results;
  return { events: await all("events"), profiles: await all("profiles") };
}

/** The flat rows of an export as of `seq`, in their order. @param window epoch ms, half open. */
export function expectedRows(tables: Tables, window: { start: number; end: number }, seq: number): Row[] {
  const current = tables.profiles.filter((row) => row.seq_from <= seq && (row.seq_to === null || row.seq_to > seq));
  const external = new Map(current.map((row) => [row.person_id, row.external_person_id]));
  return tables.events
    .filter((event) => event.seq <= seq && event.occurred_at >= window.start && event.occurred_at < window.end)
    .toSorted((a, b) => a.occurred_at - b.occurred_at || (a.id < b.id ? -1 : 1))
    .map((event) => ({
      definitionId: event.definition_id,
      eventId: event.id,
      sessionId: event.session_id,
      personId: event.person_id,
      externalPersonId: external.get(event.person_id) ?? null,
      occuredTime: new Date(event.received_at).toISOString().replace("Z", "+0000"),
      occurredAt: new Date(event.occurred_at).toISOString(),
      ...(JSON.parse(event.properties) as Row),
    }));
}
