/**
 * The tasks of the sweep that open the databases of spaces: one whose home does not answer holds up no other, whichever
 * comes first, and has its turn when the home is back.
 */

import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Context, MaintenanceTask } from "../../src/context.ts";
import { inSpace } from "../../src/db/core/sequences.ts";
import { KEPT_MS } from "../../src/maintenance/pruning.ts";
import { roomyService } from "../support/pipeline.ts";
import { ADMIN, orders, type Service, type Space } from "../support/service.ts";
import { sweep } from "../support/sweep.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let service: Service;
let spaces: [Space, Space];

beforeEach(async () => {
  service = roomyService();
  spaces = [await service.shop(), await service.shop()];
  for (const space of spaces) await service.send(space, orders(3));
});
afterEach(() => vi.restoreAllMocks());

interface Work {
  /** The rows that are there until it is done. */
  table: string;
  where?: string;
  prepare: (space: Space) => Promise<unknown>;
  /** Once both spaces are prepared. */
  begin?: () => Promise<void>;
  /** It is due so long afterwards. */
  ms: number;
}

const WORK: Record<string, Work> = {
  retain: {
    table: "events",
    prepare: ({ key }) => service.json("PATCH", "/v1/space", 200, { key, body: { retention_days: 1 } }),
    ms: 2 * DAY_MS,
  },
  erase: {
    table: "events",
    prepare: ({ key }) => service.json("DELETE", "/v1/profiles/p-1", 202, { key }),
    ms: 2 * 60_000,
  },
  pruneVersions: {
    table: "profiles",
    where: "AND seq_to IS NOT NULL",
    async prepare({ key }) {
      for (const type of ["Lead", "Customer"])
        await service.json("PUT", "/v1/profiles", 200, { key, body: { profiles: [{ person_id: "p-1", type }] } });
    },
    // The first sweep notes how far the second one prunes.
    begin: () => sweep(service.context),
    ms: KEPT_MS,
  },
  purgeSpaces: {
    table: "events",
    prepare: ({ id }) => service.json("DELETE", `/v1/spaces/${id}`, 202, { key: ADMIN }),
    ms: 60_000,
  },
};

/** A context in which the home of a space does not answer. */
function withoutHomeOf(space: Space): Context {
  const { databases } = service.context;
  const unless = <Result>(id: string, open: () => Result): Result => {
    if (id === space.id) throw new Error("D1_ERROR: the database does not answer");
    return open();
  };
  return {
    ...service.context,
    databases: {
      ...databases,
      space: (id) => unless(id, () => databases.space(id)),
      events: (id) => unless(id, () => databases.events(id)),
      spaceAt: (home, id) => unless(id, () => databases.spaceAt(home, id)),
      destroyAt: async (home, id, ...more) => unless(id, () => databases.destroyAt(home, id, ...more)),
    },
  };
}

/** The rows that wait for a task. The database of an object that was deleted has none. */
async function waiting(task: string, space: Space): Promise<number> {
  const { table, where = "" } = WORK[task] as Work;
  const sql = `SELECT count(*) AS n FROM ${table} WHERE ${inSpace(table)} ${where}`;
  const query = env.SPACE_DB.prepare(sql).bind(space.id);
  return (await query.first<number>("n").catch((thrown: unknown) => (String(thrown).includes("gone") ? 0 : -1))) ?? -1;
}

describe.each(Object.keys(WORK) as MaintenanceTask[])("the task %s", (task) => {
  it.each([0, 1])("passes over a space whose home does not answer, of two the one at %i", async (n) => {
    const { prepare, begin, ms } = WORK[task] as Work;
    for (const space of spaces) await prepare(space);
    await begin?.();
    const errors = vi.spyOn(console, "error").mockReturnValue();
    const [away, there] = [spaces[n], spaces[1 - n]] as [Space, Space];
    service.now += ms;
    const before = await waiting(task, away);
    expect(before).toBeGreaterThan(0);
    await sweep(withoutHomeOf(away));
    expect([await waiting(task, away), await waiting(task, there)]).toEqual([before, 0]);
    const lines = errors.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);
    expect(lines).toContainEqual(expect.objectContaining({ event: "sweep.failed", task, space_id: away.id }));
    service.now += HOUR_MS;
    await sweep(service.context);
    expect(await waiting(task, away)).toBe(0);
  });
});
