/** Counts of segments: bounded, ended with the client's connection, one at a time for a space, and cached. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { Budget } from "../../../src/budget.ts";
import { D1Driver } from "../../../src/db/core/d1-driver.ts";
import { Database } from "../../../src/db/core/database.ts";
import { roomyService } from "../../support/pipeline.ts";
import type { ProblemView, Service, Space } from "../../support/service.ts";

const PEOPLE = 350;
/** A count's slices of profiles: the first has 100, each next one twice as many. */
const FIRST_TWO = 300;

let service: Service;
let space: Space;
/** Is called before each slice of a count is scanned. */
let beforeSlice: () => Promise<unknown>;
let slices: number;

beforeEach(async () => {
  service = roomyService({ LIST_LIMIT: "10000" });
  slices = 0;
  beforeSlice = async () => {};
  const d1 = {
    prepare: (sql: string) =>
      sql.includes("RECURSIVE people") ? watched(env.SPACE_DB.prepare(sql)) : env.SPACE_DB.prepare(sql),
    batch: (statements: D1PreparedStatement[]) => env.SPACE_DB.batch(statements),
  } as unknown as D1Database;
  service.context.databases = {
    ...service.context.databases,
    space: () => new Database(new D1Driver(d1), new Budget()),
  };
  space = await populated();
});

function watched(statement: D1PreparedStatement): D1PreparedStatement {
  return {
    bind: (...values: unknown[]) => watched(statement.bind(...values)),
    async all<T>() {
      slices += 1;
      await beforeSlice();
      return statement.all<T>();
    },
  } as unknown as D1PreparedStatement;
}

async function populated(): Promise<Space> {
  const made = await service.space();
  const profiles = Array.from({ length: PEOPLE }, (_, n) => ({ person_id: `p-${String(n).padStart(3, "0")}` }));
  await service.json("PUT", "/v1/profiles", 200, { key: made.key, body: { profiles } });
  for (const id of ["all", "none"])
    await service.json("PUT", `/v1/segments/${id}`, 200, {
      key: made.key,
      body: { name: id, rule: id === "all" ? { all: [] } : { tag: "no" } },
    });
  return made;
}

const call = (id = "all", of = space, signal?: AbortSignal) =>
  service.call("GET", `/v1/segments/${id}/count`, { key: of.key, ...(signal === undefined ? {} : { signal }) });
const count = async (id = "all", of = space) => (await call(id, of)).json<Record<string, unknown>>();
const at = (time: number) => new Date(time).toISOString();

describe("a count", () => {
  it("counts everyone, a slice at a time", async () => {
    expect(await count()).toEqual({ count: PEOPLE, counted_at: at(service.now) });
    expect(slices).toBe(3);
    expect(await count("none")).toEqual({ count: 0, counted_at: at(service.now) });
  });

  it("ends after ten seconds with what it has", async () => {
    const began = service.now;
    beforeSlice = async () => (service.now += 6_000);
    expect(await count()).toEqual({ count_at_least: FIRST_TWO, counted_at: at(began) });
    expect(slices).toBe(2);
  });

  it("ends when its client leaves, and is not remembered", async () => {
    const client = new AbortController();
    beforeSlice = async () => client.abort();
    await call("all", space, client.signal);
    expect(slices).toBe(1);
    beforeSlice = async () => {};
    expect(await count()).toMatchObject({ count: PEOPLE });
  });

  it("is one at a time in a space, and beside those of other spaces", async () => {
    const other = await populated();
    const answers: Response[] = [];
    beforeSlice = async () => {
      beforeSlice = async () => {};
      answers.push(await call("none"), await call("all", other));
    };
    expect(await count()).toMatchObject({ count: PEOPLE });
    expect(answers.map((answer) => answer.status)).toEqual([429, 200]);
    expect(answers[0]?.headers.get("retry-after")).toBe("5");
    expect((await answers[0]?.json<ProblemView>())?.detail).toContain("counts one at a time");
    expect(await count("none")).toMatchObject({ count: 0 });
  });

  it("that never ends keeps others waiting for fifteen seconds at most", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    beforeSlice = () => {
      begun.resolve();
      return promise;
    };
    const hanging = call();
    await begun.promise;
    beforeSlice = async () => {};
    expect((await call("none")).status).toBe(429);
    service.now += 15_000;
    expect(await count("none")).toMatchObject({ count: 0 });
    resolve();
    await hanging;
  });

  it("of unchanged data is answered again for a minute, without a scan", async () => {
    const first = await count();
    service.now += 59_000;
    expect([await count(), slices]).toEqual([first, 3]);
    service.now += 1_000;
    expect([await count(), slices]).toEqual([{ ...first, counted_at: at(service.now) }, 6]);
  });

  it("sees each write at once", async () => {
    await count();
    await service.json("DELETE", "/v1/profiles/p-000", 202, { key: space.key });
    expect(await count()).toMatchObject({ count: PEOPLE - 1 });
    const body = { name: "all", rule: { tag: "no" } };
    await service.json("PUT", "/v1/segments/all", 200, { key: space.key, body });
    expect(await count()).toMatchObject({ count: 0 });
  });

  it("takes a place of the policy list", async () => {
    const narrow = roomyService({ LIST_LIMIT: "2" });
    const statuses: number[] = [];
    for (let n = 0; n < 3; n += 1)
      statuses.push((await narrow.call("GET", "/v1/segments/all/count", { key: space.key })).status);
    expect(statuses).toEqual([200, 200, 429]);
  });
});

describe("an estimate of a segment", () => {
  const estimate = (dataset: string, more: object) =>
    service.json<Record<string, unknown>>("POST", "/v1/exports/estimate", 200, {
      key: space.key,
      body: { dataset, segment: "all", ...more },
    });
  const ATTRIBUTES = { attributes: ["tier"] };

  it.each(["segment_profiles", "profile_attributes"])(
    "of %s ends after ten seconds with what it has",
    async (dataset) => {
      expect(await estimate(dataset, ATTRIBUTES)).toMatchObject({ rows: PEOPLE });
      beforeSlice = async () => (service.now += 6_000);
      const answer = await estimate(dataset, ATTRIBUTES);
      expect([answer["rows"], answer["rows_at_least"]]).toEqual([undefined, FIRST_TWO]);
    },
  );

  it("that nobody belongs to is not scanned a second time for a sample", async () => {
    expect(await estimate("profile_attributes", { ...ATTRIBUTES, segment: "none" })).toMatchObject({ rows: 0 });
    expect(slices).toBe(3);
  });
});
