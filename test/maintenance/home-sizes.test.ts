/** Homes are measured once a day, and one that is nearly full is logged. */

import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Database } from "../../src/db/core/database.ts";
import type { Databases } from "../../src/db/core/shards.ts";
import { NEARLY_FULL_BYTES } from "../../src/maintenance/home-sizes.ts";
import { dataPoint } from "../../src/metrics.ts";
import { ADMIN, Service, START } from "../support/service.ts";
import { sweep } from "../support/sweep.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FULL = NEARLY_FULL_BYTES;

let service: Service;
let lines: { mock: { calls: unknown[][] } };

beforeEach(async () => {
  service = new Service();
  lines = vi.spyOn(console, "log").mockReturnValue();
  await env.CONTROL_DB.batch(["spaces", "home_checks"].map((table) => env.CONTROL_DB.prepare(`DELETE FROM ${table}`)));
});
afterEach(() => vi.restoreAllMocks());

/** A database of which nothing is asked but its size. @param size null: it does not answer. */
const sized = (size: number | null) =>
  new Database(
    {
      one: async () => {
        if (size === null) throw new Error("the database is away");
        return { rows: [], changes: 0, rowsRead: 0, rowsWritten: 0, size };
      },
      batch: async () => [],
    },
    service.budget,
  );

/** From here on the D1 databases have these sizes. */
function setSizes(sizes: Record<string, number | null>): void {
  const { homes, ...databases } = service.context.databases;
  const shared = Object.entries(sizes).map(([name, size]) => ({
    name,
    kind: "d1" as const,
    jurisdiction: null,
    database: sized(size),
  }));
  const objects = homes.filter(({ kind }) => kind === "object");
  service.context.databases = { ...databases, homes: [...shared, ...objects] };
}

/** From here on each space's own database says that it has this size. */
function setObjectSize(size: number): void {
  const { databases } = service.context;
  const space: Databases["space"] = (id) => {
    const database = databases.space(id);
    vi.spyOn(database, "size").mockResolvedValue(size);
    return database;
  };
  service.context.databases = { ...databases, space };
}

/** What the sweeps since the last call logged about homes that are nearly full. */
function alerts(): unknown[] {
  const logged = lines.mock.calls.splice(0).map(([line]) => JSON.parse(String(line)) as { event: string });
  return logged.filter(({ event }) => event === "home.nearly_full");
}

async function sweepAt(time: number): Promise<unknown[]> {
  service.now = time;
  await sweep(service.context);
  return alerts();
}

describe("a database that spaces share", () => {
  it("is logged once a day from 7 GB on, and not below", async () => {
    setSizes({ "d1:SPACE_DB": FULL - 1, "d1:SPACE_DB_B": FULL });
    const alert = { event: "home.nearly_full", home: "d1:SPACE_DB_B", bytes: FULL, limit_bytes: 10_000_000_000 };
    expect(await sweepAt(START)).toEqual([alert]);
    expect(await sweepAt(START + 60_000)).toEqual([]);
    expect(await sweepAt(START + DAY_MS - 1)).toEqual([]);
    expect(await sweepAt(START + DAY_MS)).toEqual([alert]);
    setSizes({ "d1:SPACE_DB": FULL, "d1:SPACE_DB_B": FULL - 1 });
    expect(await sweepAt(START + 2 * DAY_MS)).toEqual([{ ...alert, home: "d1:SPACE_DB" }]);
  });

  it("that does not answer is measured an hour later, and keeps no other from it", async () => {
    const errors = vi.spyOn(console, "error").mockReturnValue();
    setSizes({ "d1:SPACE_DB": null, "d1:SPACE_DB_B": FULL });
    expect(await sweepAt(START)).toMatchObject([{ home: "d1:SPACE_DB_B" }]);
    expect(String(errors.mock.calls[0]?.[0])).toContain(`"event":"home.not_measured","home":"d1:SPACE_DB"`);
    setSizes({ "d1:SPACE_DB": FULL, "d1:SPACE_DB_B": FULL });
    expect(await sweepAt(START + HOUR_MS)).toMatchObject([{ home: "d1:SPACE_DB" }]);
  });

  it("becomes a data point a day", async () => {
    setSizes({ "d1:SPACE_DB": 4_096 });
    await sweepAt(START);
    await sweepAt(START + 60_000);
    const points = service.points.filter(({ kind }) => kind === "home").map(dataPoint);
    expect(points).toEqual([{ indexes: ["d1:SPACE_DB"], blobs: ["home", "d1:SPACE_DB", ""], doubles: [4_096] }]);
  });
});

describe("the object of a space", () => {
  it("is logged once a day from 7 GB on, with its space", async () => {
    setSizes({});
    setObjectSize(FULL);
    const { id } = await service.space({ home: "object" });
    const alert = { event: "home.nearly_full", home: "object", space_id: id, bytes: FULL, limit_bytes: 10_000_000_000 };
    expect(await sweepAt(START)).toEqual([alert]);
    expect(await sweepAt(START + DAY_MS - HOUR_MS)).toEqual([]);
    expect(await sweepAt(START + DAY_MS)).toEqual([alert]);
    expect(service.points.filter(({ kind }) => kind === "home")).toHaveLength(2);
    setObjectSize(FULL - 1);
    expect(await sweepAt(START + 2 * DAY_MS)).toEqual([]);
  });

  it("is shown in the list of homes as it was noted, the largest with its space", async () => {
    setObjectSize(5_000);
    await service.space({ home: "object" });
    await sweepAt(START);
    setObjectSize(7_000);
    const { id } = await service.space({ home: "object" });
    await sweepAt(START + HOUR_MS);
    const { data } = await service.json<{ data: unknown[] }>("GET", "/v1/homes", 200, { key: ADMIN });
    expect(data.at(-1)).toMatchObject({ spaces: 2, bytes: 12_000, largest: { space_id: id, bytes: 7_000 } });
  });
});
