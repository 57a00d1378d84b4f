/**
 * What a space's old home does while the space moves: it logs which rows change, takes no write when it is frozen, and
 * lets rows only be deleted once the space is elsewhere. Both kinds of homes do, for every table with rows of spaces.
 */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { D1Driver } from "../../../src/db/core/d1-driver.ts";
import type { Driver, Param } from "../../../src/db/core/database.ts";
import { statement } from "../../../src/db/core/database.ts";
import { ObjectDriver } from "../../../src/db/core/object-driver.ts";
import { nextSequence } from "../../../src/db/core/sequences.ts";
import { MOVED_TABLES, type MovedTable } from "../../../src/db/moves/moved-tables.ts";

const KINDS: readonly { kind: string; open: () => Driver }[] = [
  { kind: "a D1", open: () => new D1Driver(env.SPACE_DB) },
  {
    kind: "an object",
    open: () => new ObjectDriver(() => env.SPACE_HOME.get(env.SPACE_HOME.idFromName("change-log"))),
  },
];

/** Tables of a space's database that no move copies row by row. */
const NOT_COPIED = ["guard", "sequences", "moves_out", "moves_in", "move_log"];

const TABLES = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
  AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND name <> 'd1_migrations'`;

const COLUMNS = `SELECT name, pk, hidden FROM pragma_table_xinfo(?1) ORDER BY pk`;

describe.each(KINDS)("$kind", ({ kind, open }) => {
  const db = open();
  const all = async <Row>(sql: string, ...params: Param[]) => (await db.one(statement(sql, params))).rows as Row[];
  const run = async (sql: string, ...params: Param[]) => void (await db.one(statement(sql, params)));

  it("has the tables and columns that a move copies, and no others", async () => {
    const tables = (await all<{ name: string }>(TABLES)).map(({ name }) => name);
    expect(tables.toSorted()).toEqual([...NOT_COPIED, ...MOVED_TABLES.map(({ name }) => name)].toSorted());
    for (const table of MOVED_TABLES) {
      const columns = (await all<{ name: string; pk: number; hidden: number }>(COLUMNS, table.name)).filter(
        ({ hidden }) => hidden === 0,
      );
      expect(columns.map(({ name }) => name).toSorted()).toEqual([table.space, ...table.columns].toSorted());
      const key = columns.filter(({ pk }) => pk > 0).map(({ name }) => name);
      expect(key).toEqual([table.space, ...table.key]);
      expect(table.columns.slice(0, table.key.length)).toEqual(table.key);
    }
  });

  describe.each(MOVED_TABLES.map((table) => ({ name: table.name, table })))("of $name", ({ name, table }) => {
    const spaceId = `${kind} ${name}`;
    const other = `${kind} ${name} other`;

    /** A row whose texts and numbers are `n`. */
    async function insert(space: string, n: number): Promise<void> {
      const columns = table.columns.map((column) => valueOf(table, column, n));
      const own = table.space === "space_id" ? "?1" : "(SELECT space_no FROM sequences WHERE space_id = ?1)";
      const places = columns.map((_, at) => `?${at + 2}`);
      const sql = `INSERT INTO ${name} (${table.space}, ${table.columns.join(", ")}) SELECT ${[own, ...places].join(", ")}`;
      await run(sql, space, ...columns);
    }
    const own =
      table.space === "space_id" ? "space_id = ?1" : "space_no = (SELECT space_no FROM sequences WHERE space_id = ?1)";
    const last = table.columns.at(-1) ?? "";
    const update = (space: string) => run(`UPDATE ${name} SET ${last} = ${last} WHERE ${own}`, space);
    const remove = (space: string) => run(`DELETE FROM ${name} WHERE ${own}`, space);
    const keyOf = (n: number) => JSON.stringify(table.key.map((column) => valueOf(table, column, n)));
    const logged = () =>
      all<{ table_name: string; key: string }>(
        "SELECT table_name, key FROM move_log WHERE space_id = ?1 ORDER BY n",
        spaceId,
      );
    const become = (state: string) => run("UPDATE moves_out SET state = ?2 WHERE space_id = ?1", spaceId, state);

    it("logs inserts, updates and deletions of a space that moves, freezes it, and lets it be deleted", async () => {
      await db.batch([nextSequence(spaceId), nextSequence(other)]);
      await insert(spaceId, 1);
      expect(await logged()).toEqual([]);
      await run(
        `INSERT INTO moves_out (space_id, space_no, number, epoch, state)
         SELECT ?1, space_no, 1, 0, 'copying' FROM sequences WHERE space_id = ?1`,
        spaceId,
      );
      await insert(other, 1);
      await insert(spaceId, 2);
      await update(spaceId);
      await remove(spaceId);
      const [first, second] = [
        { table_name: name, key: keyOf(1) },
        { table_name: name, key: keyOf(2) },
      ];
      expect(await logged()).toEqual([second, first, second, first, second]);

      await insert(spaceId, 3);
      await become("frozen");
      for (const write of [() => insert(spaceId, 4), () => update(spaceId), () => remove(spaceId)])
        await expect(write()).rejects.toThrow("space_frozen");
      await expect(db.batch([nextSequence(spaceId)])).rejects.toThrow("space_frozen");
      await insert(other, 2);

      await become("deleting");
      for (const write of [() => insert(spaceId, 4), () => update(spaceId)])
        await expect(write()).rejects.toThrow("space_frozen");
      await remove(spaceId);
      expect(await all(`SELECT 1 AS row FROM ${name} WHERE ${own}`, other)).toHaveLength(2);
    });
  });

  it("logs both keys of a row whose key changes", async () => {
    const spaceId = `${kind} keys`;
    await run("INSERT INTO sections (space_id, id, name) VALUES (?1, 'old', 'n')", spaceId);
    await run(
      "INSERT INTO moves_out (space_id, space_no, number, epoch, state) VALUES (?1, -1, 1, 0, 'copying')",
      spaceId,
    );
    await run("UPDATE sections SET id = 'new' WHERE space_id = ?1", spaceId);
    const keys = await all<{ key: string }>("SELECT key FROM move_log WHERE space_id = ?1", spaceId);
    expect(keys.map(({ key }) => key).toSorted()).toEqual(['["new"]', '["old"]']);
  });
});

/** A value that a column accepts. */
function valueOf({ name }: MovedTable, column: string, n: number): Param {
  if (column === "kind") return name === "touchpoints" ? n : name === "merged_ids" ? "custom_id" : "tag";
  if (/^(?:identifiers|attributes|topics|deleted|erased)$/.test(column)) return "{}";
  if (/(?:seq|_at|_to|_from|version|enabled)$/.test(column)) return n;
  return `v${n}`;
}
