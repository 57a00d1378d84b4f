/** The operator reads a space's own database by SQL, and cannot write. */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ADMIN, orders, type ProblemView, Service, type Space } from "../../support/service.ts";

const service = new Service();
let space: Space;

interface Rows {
  columns: string[];
  rows: unknown[][];
  truncated: boolean;
  rows_read: number;
}

beforeAll(async () => {
  space = await service.shop({ home: "object" });
  await service.send(space, orders(20));
});
afterEach(() => vi.restoreAllMocks());

const path = (of: { id: string } = space) => `/v1/spaces/${of.id}/query`;
const query = (sql: string, params?: unknown[]) =>
  service.json<Rows>("POST", path(), 200, { key: ADMIN, body: { sql, ...(params && { params }) } });
const refused = (sql: string, status = 422, of: { id: string } = space) =>
  service.json<ProblemView>("POST", path(of), status, { key: ADMIN, body: { sql } });

/** All that a statement could change: the tables, their rows and the object's settings. */
const contents = () =>
  runInDurableObject(env.SPACE_HOME.get(env.SPACE_HOME.idFromName(space.id)), (_, { storage: { sql } }) => {
    const schema = sql.exec<{ name: string; type: string }>("SELECT type, name, sql FROM sqlite_schema").toArray();
    const tables = schema.filter(({ type, name }) => type === "table" && !/^(_cf|sqlite)_/.test(name));
    return [schema, ...tables.map(({ name }) => sql.exec(`SELECT * FROM "${name}"`).toArray())];
  });

describe("a statement", () => {
  it("reads the rows of the space, with parameters", async () => {
    const answer = await query(
      "SELECT id, json_extract(properties, '$.amount') FROM events WHERE id < ?1 ORDER BY id;",
      ["e-0000002"],
    );
    expect(answer).toMatchObject({
      rows: [
        ["e-0000000", 0],
        ["e-0000001", 0.25],
      ],
      truncated: false,
    });
    expect(answer.columns[0]).toBe("id");
    expect(answer.rows_read).toBeGreaterThan(1);
  });

  it("may name columns twice, and has the bytes of blobs in hex", async () => {
    expect(await query("SELECT 1 AS a, null AS a, x'0aff' AS b, 'ü' AS c")).toMatchObject({
      columns: ["a", "a", "b", "c"],
      rows: [[1, null, "0aff", "ü"]],
    });
  });

  it("explains itself", async () => {
    const { rows } = await query("EXPLAIN QUERY PLAN SELECT * FROM events WHERE id = 'e-1'");
    expect(JSON.stringify(rows)).toContain("events");
    const program = await query("-- how\n/* ? */ EXPLAIN DELETE FROM events");
    expect(program.columns).toContain("opcode");
    expect((await query("SELECT count(*) FROM events")).rows).toEqual([[20]]);
  });
});

describe("an answer", () => {
  const numbers = (count: number) =>
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) SELECT`;

  it("has a thousand rows at most, and says that there are more", async () => {
    const all = await query(`${numbers(1_000)} i FROM n`);
    expect([all.rows.length, all.truncated]).toEqual([1_000, false]);
    const cut = await query(`${numbers(1_001)} i FROM n`);
    expect([cut.rows.length, cut.rows.at(-1), cut.truncated]).toEqual([1_000, [1_000], true]);
  });

  it("has a megabyte at most", async () => {
    const cut = await query(`${numbers(100)} printf('%.*c', 99990, 'x') FROM n`);
    expect([cut.rows.length, cut.truncated]).toEqual([10, true]);
    const none = await query("SELECT hex(zeroblob(500000))");
    expect([none.rows.length, none.truncated]).toEqual([0, true]);
  });

  it("that was cut leaves the space as it was: calls write and read on", async () => {
    await query(`${numbers(5_000)} i, e.id FROM n, events e`);
    const more = orders(21).slice(20);
    await service.send(space, more);
    expect((await query("SELECT count(*) FROM events")).rows).toEqual([[21]]);
  });
});

describe("a statement that writes changes nothing", () => {
  it.each([
    "INSERT INTO events SELECT * FROM events",
    "UPDATE events SET person_id = 'p-2' RETURNING id",
    "DELETE FROM events",
    "REPLACE INTO sequences SELECT * FROM sequences",
    "PRAGMA writable_schema = 1",
    "ATTACH DATABASE ':memory:' AS other",
    "CREATE TABLE mine (a)",
    "DROP TABLE events",
    "ALTER TABLE events ADD COLUMN mine",
    "VACUUM",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT a",
    "SELECT 1; DELETE FROM events",
    "SELECT 1; COMMIT; DELETE FROM events",
    "WITH old AS (SELECT id FROM events) DELETE FROM events WHERE id IN (SELECT id FROM old)",
    "WITH old AS (SELECT id FROM events) DELETE FROM events WHERE id IN (SELECT id FROM old) RETURNING id",
    "WITH a AS (SELECT 1) UPDATE events SET person_id = 'p-2'",
    "WITH a AS (SELECT 1) INSERT INTO sections (space_id, kind, id) SELECT space_id, 'x', 'y' FROM sequences",
    "WITH a AS (SELECT 1) UPDATE events SET person_id = person_id",
    "WITH a AS (SELECT 1) DELETE FROM events WHERE id = 'there is none'",
  ])("%s", async (sql) => {
    const before = await contents();
    const problem = await refused(sql);
    expect(problem).toMatchObject({ code: "invalid_request", errors: [{ pointer: "/sql" }] });
    expect(await contents()).toEqual(before);
  });

  it("and is told so", async () => {
    expect((await refused("DELETE FROM events")).detail).toContain("must begin with SELECT, WITH or EXPLAIN");
    expect((await refused("SELECT 1; DELETE FROM events")).detail).toContain("more than one statement");
    expect((await refused("WITH a AS (SELECT 1) DELETE FROM events")).detail).toContain("nothing was changed");
  });
});

describe("the answer to a call that cannot be made", () => {
  it("has SQLite's own text", async () => {
    expect((await refused("SELECT id FROM nowhere")).detail).toMatch(
      /^SQLite does not run this statement: no such table: nowhere/,
    );
    expect((await refused("SELECT FROM")).detail).toContain("syntax error");
    expect((await refused("SELECT ?1")).errors?.[0]).toMatchObject({ pointer: "/sql" });
  });

  it("names the command for a space in a D1 database", async () => {
    const shared = await service.space({ home: "d1:SPACE_DB" });
    const { code, detail } = await refused("SELECT 1", 409, shared);
    expect(code).toBe("conflict");
    expect(detail).toContain(
      `npx wrangler d1 execute SPACE_DB --config installations/production.wrangler.json --remote --command "SELECT`,
    );
    expect(detail).toContain(`space_id = '${shared.id}'`);
  });

  it("is 404 for a space that is not there", async () => {
    await refused("SELECT 1", 404, { id: crypto.randomUUID() });
  });
});

it("the log has the space, the request and the statement's hash, and not its text", async () => {
  const lines = vi.spyOn(console, "log").mockReturnValue();
  const sql = "SELECT id FROM events WHERE person_id = 'jan@example.com'";
  await query(sql);
  const logged = lines.mock.calls.map(([line]) => String(line));
  const digest = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(sql)));
  const line = JSON.parse(logged.find((each) => each.includes("space.queried")) ?? "{}") as Record<string, unknown>;
  expect(line).toEqual({
    event: "space.queried",
    space_id: space.id,
    request_id: expect.any(String) as string,
    sql_bytes: sql.length,
    sql_sha256: digest.toString("hex"),
  });
  expect(logged.join("")).not.toContain("jan@");
});
