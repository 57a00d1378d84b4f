/**
 * Another space beside the histories': it has the ids that they use, and must stay as it is. It is made once a file;
 * what histories leave behind is removed before the next.
 */

import { env } from "cloudflare:workers";
import { SPACE_NO } from "../../src/db/core/sequences.ts";
import type { Service, Space } from "../support/service.ts";
import { expectSame } from "./command.ts";

let neighbour: { space: Space; looks: string } | null = null;

/** Before a file: its tables are empty. */
export function forgetNeighbour(): void {
  neighbour = null;
}

/** Makes the space unless it is there. */
export async function neighbourOf(service: Service): Promise<void> {
  if (neighbour !== null) return;
  const space = await service.space({ timezone: "Asia/Kathmandu", retention_days: 36_500 });
  const properties = [{ name: "note", type: "text" }];
  const { key } = space;
  await service.json("POST", "/v1/event-definitions", 201, { key, body: { id: "bought", name: "Bought", properties } });
  const profiles = [{ person_id: "a", external_person_id: "x-a", attributes: { tier: "silver" } }];
  await service.json("PUT", "/v1/profiles", 200, { key, body: { profiles } });
  const event = { definition_id: "bought", person_id: "a", occurred_at: "2026-03-01T00:00:00.000Z" };
  await service.send(space, [{ ...event, id: "e-1", properties: { note: "the neighbour's" } }]);
  neighbour = { space, looks: await look(service, space) };
}

/** @throws when the space is not as it was made. */
export async function expectNeighbourAsItWas(service: Service): Promise<void> {
  if (neighbour !== null) expectSame("the neighbour", await look(service, neighbour.space), neighbour.looks);
}

/** What calls of the space's own see, as text. */
async function look(service: Service, { key }: Space): Promise<string> {
  const window = "start=2026-02-01T00:00:00Z&end=2026-03-02T00:00:00Z";
  const events = await service.json("GET", `/v1/events?${window}`, 200, { key });
  const person = await service.json("GET", "/v1/profiles/a", 200, { key });
  return JSON.stringify([events, person]);
}

/** Removes what earlier histories left: a sweep works on all spaces. The neighbour stays. */
export async function forgetHistories(): Promise<void> {
  const stays = neighbour?.space.id ?? "";
  for (const database of [env.CONTROL_DB, env.SPACE_DB]) {
    const { results } = await database.prepare(TABLES).all<{ name: string; owner: string | null }>();
    await database.batch(
      results.map(({ name, owner }) =>
        owner === null
          ? database.prepare(`DELETE FROM "${name}"`)
          : database
              .prepare(`DELETE FROM "${name}" WHERE ${owner} IS NOT ${owner === "space_no" ? SPACE_NO : "?1"}`)
              .bind(stays),
      ),
    );
  }
}

/** Every table, with the column that names its space. */
const TABLES = `SELECT t.name, CASE WHEN t.name = 'spaces' THEN 'id' ELSE max(CASE WHEN c.name IN ('space_id', 'space_no') THEN c.name END) END AS owner
  FROM sqlite_schema t JOIN pragma_table_info(t.name) c
  WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND t.name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND t.name <> 'd1_migrations'
  GROUP BY t.name`;
