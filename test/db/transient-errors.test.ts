/** Passing errors of databases: which calls are made again, and what a client is told when they remain. */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { Budget } from "../../src/budget.ts";
import { D1Driver } from "../../src/db/core/d1-driver.ts";
import { Database } from "../../src/db/core/database.ts";
import { ObjectDriver } from "../../src/db/core/object-driver.ts";
import { Service } from "../support/service.ts";

const OVERLOADED = "D1_ERROR: D1 DB is overloaded. Requests queued for too long.";
const LOST = "D1_ERROR: Network connection lost.";

/** The real D1, whose calls fail with these errors first, and the pauses that were made before repetitions. */
function failing(...errors: string[]) {
  const pauses: number[] = [];
  const failNext = () => {
    const error = errors.shift();
    if (error !== undefined) throw new Error(error);
  };
  const watch = (prepared: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(prepared, {
      get(target, name) {
        if (name === "bind") return (...values: unknown[]) => watch(target.bind(...values));
        if (name === "all" || name === "run") failNext();
        return Reflect.get(target, name, target);
      },
    });
  const d1 = new Proxy(env.SPACE_DB, {
    get(target, name) {
      if (name === "prepare") return (sql: string) => watch(target.prepare(sql));
      if (name === "batch") failNext();
      return Reflect.get(target, name);
    },
  });
  const budget = new Budget();
  const db = new Database(new D1Driver(d1), budget, async (attempt) => void pauses.push(attempt));
  return { db, pauses, budget };
}

const READ = "SELECT count(*) AS n FROM sequences WHERE space_id = ?1";
const WRITE = "INSERT INTO sequences (space_id, seq) VALUES (?1, 1)";

describe("a passing error of D1", () => {
  it.each([
    LOST,
    OVERLOADED,
    "D1_ERROR: D1 DB storage caused object to be reset.",
    "D1_ERROR: D1 DB reset because its code was updated.",
  ])("is followed by the same read again: %s", async (message) => {
    const { db, pauses, budget } = failing(message, message);
    expect(await db.first<{ n: number }>(READ, ["nowhere"])).toEqual({ n: 0 });
    expect(pauses).toEqual([1, 2]);
    expect(budget.used.statements).toBe(3);
  });

  it("that remains is `unavailable`, and says when to try again", async () => {
    const { db, pauses } = failing(LOST, LOST, LOST, LOST);
    const failed = db.first(READ, ["nowhere"]);
    await expect(failed).rejects.toMatchObject({ code: "unavailable", retryAfterSeconds: 5 });
    expect(pauses).toEqual([1, 2, 3]);
  });

  it("after which a write may have happened is left to the caller", async () => {
    const { db, pauses } = failing(LOST);
    await expect(db.run(WRITE, ["transient"])).rejects.toMatchObject({ code: "unavailable" });
    expect(pauses).toEqual([]);
  });

  it("that refused a write is followed by the same write again", async () => {
    const { db, pauses } = failing(OVERLOADED);
    expect(await db.run(WRITE, ["refused-once"])).toBe(1);
    expect(pauses).toEqual([1]);
  });

  it("is not what an error of the statement is", async () => {
    const { db, pauses } = failing("D1_ERROR: no such table: spaces: SQLITE_ERROR");
    await expect(db.first(READ, ["nowhere"])).rejects.toThrow("no such table");
    expect(pauses).toEqual([]);
  });
});

describe("a passing error of an object", () => {
  /** An object that fails with these errors first. */
  function failingObject(...errors: Error[]) {
    const answer = { columns: ["n"], rows: [[1]], changes: 1, rowsRead: 1, rowsWritten: 1, size: 4_096 };
    const stub = {
      async execute() {
        const error = errors.shift();
        if (error !== undefined) throw error;
        return { results: [answer] };
      },
    };
    const driver = new ObjectDriver(() => stub as unknown as ReturnType<typeof env.SPACE_HOME.get>);
    return new Database(driver, new Budget(), async () => {});
  }

  it.each([
    new Error("Network connection lost."),
    new Error("Cannot resolve Durable Object due to transient issue on Cloudflare's internal network."),
    new Error("Durable Object reset because its code was updated."),
    Object.assign(new Error("internal error; reference = 1"), { retryable: true, remote: true }),
  ])("is followed by the same read again, and a write is left to the caller: $message", async (error) => {
    expect(await failingObject(error, error).first(READ, ["nowhere"])).toEqual({ n: 1 });
    await expect(failingObject(error).run(WRITE, ["s"])).rejects.toMatchObject({ code: "unavailable" });
  });

  it("that refused a write is followed by the same write again", async () => {
    const busy = Object.assign(new Error("Too many calls."), { overloaded: true, retryable: true });
    expect(await failingObject(busy).run(WRITE, ["s"])).toBe(1);
  });
});

it("a client of a busy database gets 503 with Retry-After", async () => {
  const service = new Service();
  const space = await service.shop();
  const { db } = failing(...Array.from({ length: 20 }, () => OVERLOADED));
  service.context.databases = { ...service.context.databases, space: () => db };
  const response = await service.call("GET", "/v1/event-definitions", { key: space.key });
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(await response.json()).toMatchObject({ code: "unavailable" });
});
