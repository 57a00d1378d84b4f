/** Both kinds of databases, D1 and the Durable Object of a space, answer the same statements in the same way. */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { Budget } from "../../../src/budget.ts";
import { D1Driver } from "../../../src/db/core/d1-driver.ts";
import {
  Database,
  type Driver,
  isGuardFailure,
  isSizeFailure,
  isTooBig,
  isUniqueFailure,
  statement,
} from "../../../src/db/core/database.ts";
import { ObjectDriver } from "../../../src/db/core/object-driver.ts";
import { nextSequence } from "../../../src/db/core/sequences.ts";
import { MIGRATIONS } from "../../../src/db/core/space-migrations.ts";

let count = 0;

/** An object that nothing has used. */
function freshObject() {
  count += 1;
  const id = env.SPACE_HOME.idFromName(`homes-${count}`);
  return env.SPACE_HOME.get(id);
}

/** Long after the test. */
const LATER = Date.parse("2100-01-01T00:00:00Z");

const openObject = (stub = freshObject()): Driver => new ObjectDriver(() => stub);

const KINDS: readonly { kind: string; open: () => Driver }[] = [
  { kind: "D1", open: () => new D1Driver(env.SPACE_DB) },
  { kind: "an object", open: () => openObject() },
];

const SIZE: unknown = expect.any(Number);
const INSERT = "INSERT INTO sections (space_id, id, name) SELECT ?1, value, ?2 FROM json_each(?3) RETURNING id";

describe.each(KINDS)("$kind", ({ kind, open }) => {
  const space = `s-${kind}`;

  it("answers with rows, changes, and the rows that it scanned and wrote", async () => {
    const driver = open();
    const [, inserted] = await driver.batch([
      nextSequence(space),
      statement(INSERT, [space, "Déjà vu 🛒", JSON.stringify(["a", "b"])]),
    ]);
    expect(inserted).toEqual({ rows: [{ id: "a" }, { id: "b" }], changes: 2, rowsRead: 6, rowsWritten: 2, size: SIZE });
    const read = await driver.one(
      statement("SELECT id, name, NULL AS absent, 0.5 AS half, 1 AS id FROM sections WHERE space_id = ?1 ORDER BY id", [
        space,
      ]),
    );
    const row = { id: 1, name: "Déjà vu 🛒", absent: null, half: 0.5 };
    expect(read).toEqual({ rows: [row, row], changes: 0, rowsRead: 4, rowsWritten: 0, size: SIZE });
  });

  it("counts only a statement's own changes", async () => {
    const results = await open().batch([
      statement(INSERT, [space, "n", JSON.stringify(["c", "d", "e"])]),
      statement("UPDATE sections SET name = 'm' WHERE space_id = ?1 AND id = 'c'", [space]),
      statement("SELECT 1 AS one"),
      statement("DELETE FROM sections WHERE space_id = ?1 AND id = 'nowhere'", [space]),
    ]);
    expect(results.map(({ changes }) => changes)).toEqual([3, 1, 0, 0]);
  });

  it("writes nothing of a batch that fails", async () => {
    const db = new Database(open(), new Budget());
    const insert = statement(INSERT, [space, "n", JSON.stringify(["x"])]);
    const failed = db.batch([insert, insert]);
    await expect(failed).rejects.toSatisfy((thrown) => isUniqueFailure(thrown, "sections.space_id, sections.id"));
    expect(await db.first("SELECT id FROM sections WHERE space_id = ?1 AND id = 'x'", [space])).toBeNull();
  });

  it.each([
    { sql: "INSERT INTO guard (unchanged) VALUES (0)", isIt: isGuardFailure },
    { sql: "INSERT INTO guard (unchanged) VALUES (NULL)", isIt: isSizeFailure },
    { sql: "SELECT zeroblob(?1)", isIt: isTooBig, params: [2_000_000_000] },
  ])("fails with SQLite's text: $sql", async ({ sql, isIt, params = [] }) => {
    await expect(open().one(statement(sql, params))).rejects.toSatisfy(isIt);
  });

  it("takes lists as one parameter, and a hundred parameters", async () => {
    const params = Array.from({ length: 100 }, (_, n) => n);
    const sums = params.map((n) => `?${n + 1}`).join(" + ");
    expect((await open().one(statement(`SELECT ${sums} AS n`, params))).rows).toEqual([{ n: 4_950 }]);
  });

  it("answers with eight megabytes of wide characters", async () => {
    const texts = Array.from({ length: 5 }, (_, n) => String(n) + "ä".repeat(800_000));
    const sql = "SELECT ?1 AS text UNION ALL SELECT ?2 UNION ALL SELECT ?3 UNION ALL SELECT ?4 UNION ALL SELECT ?5";
    const { rows } = await open().one(statement(sql, texts));
    expect(rows).toEqual(texts.map((text) => ({ text })));
  });
});

describe("an object", () => {
  it("runs every migration of a space's database, in order", () => {
    const withoutSpace = (sql: string) => sql.replaceAll(/--.*$/gm, "").replaceAll(/[\s;]+/g, "");
    const files = env.SPACE_MIGRATIONS.map(({ queries }) => withoutSpace(queries.join(";")));
    expect(MIGRATIONS.map(withoutSpace)).toEqual(files);
  });

  it("runs each migration once", async () => {
    const stub = freshObject();
    const driver = openObject(stub);
    await driver.one(statement(INSERT, ["s", "n", '["kept"]']));
    await evictDurableObject(stub);
    expect((await driver.one(statement("SELECT id FROM sections"))).rows).toEqual([{ id: "kept" }]);
  });

  it("forgets everything when it is destroyed, and keeps nothing that comes late", async () => {
    const stub = freshObject();
    const driver = openObject(stub);
    await driver.one(statement(INSERT, ["s", "n", '["lost"]']));
    await stub.destroy(LATER, null);
    expect(await runInDurableObject(stub, (_, { storage }) => storage.sql.databaseSize)).toBeLessThan(50_000);
    await expect(driver.one(statement(INSERT, ["s", "n", '["late"]']))).rejects.toThrow("space_gone");
    await evictDurableObject(stub);
    await expect(driver.one(statement("SELECT id FROM sections"))).rejects.toThrow("space_gone");
  });

  it("leaves nothing behind when no late call can come any more, and can be used again", async () => {
    const stub = freshObject();
    const driver = openObject(stub);
    await driver.one(statement(INSERT, ["s", "n", '["lost"]']));
    await stub.destroy(LATER, null);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await runInDurableObject(stub, async (_, { storage }) => (await storage.list()).size)).toBe(0);
    expect((await driver.one(statement("SELECT id FROM sections"))).rows).toEqual([]);
  });

  it("takes a space that moves in after it was destroyed", async () => {
    const stub = freshObject();
    const driver = openObject(stub);
    await driver.one(statement(INSERT, ["s", "n", '["lost"]']));
    await stub.destroy(LATER, 2);
    await stub.revive(2);
    await expect(driver.one(statement("SELECT id FROM sections"))).rejects.toThrow("space_gone");
    await stub.revive(3);
    await driver.one(statement(INSERT, ["s", "n", '["new"]']));
    expect(await runDurableObjectAlarm(stub)).toBe(false);
    expect((await driver.one(statement("SELECT id FROM sections"))).rows).toEqual([{ id: "new" }]);
  });

  it("is not destroyed for a move after which the space has moved in again", async () => {
    const stub = freshObject();
    const driver = openObject(stub);
    await driver.one(
      statement("INSERT INTO moves_in (space_id, number, version, progress) VALUES (?1, 3, 0, '{}')", ["s"]),
    );
    await stub.destroy(LATER, 2);
    expect((await driver.one(statement("SELECT number FROM moves_in"))).rows).toEqual([{ number: 3 }]);
    await stub.destroy(LATER, 3);
    await expect(driver.one(statement("SELECT number FROM moves_in"))).rejects.toThrow("space_gone");
  });

  it("has the data of its own space alone", async () => {
    await openObject().one(statement(INSERT, ["s", "n", '["mine"]']));
    expect((await openObject().one(statement("SELECT id FROM sections"))).rows).toEqual([]);
  });
});
