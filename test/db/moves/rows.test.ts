/** What a move reads and deletes of a table is found by seeks, however many rows the space has. */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { D1Driver } from "../../../src/db/core/d1-driver.ts";
import { type Statement, statement } from "../../../src/db/core/database.ts";
import { MOVED_TABLES } from "../../../src/db/moves/moved-tables.ts";
import { deleteRows, largeRow, rowsInRange, rowsOf, sizesOf } from "../../../src/db/moves/rows.ts";

const db = new D1Driver(env.SPACE_DB);

/** How SQLite reads the table. */
async function planOf({ sql, params }: Statement): Promise<string> {
  const { rows } = await db.one(statement(`EXPLAIN QUERY PLAN ${sql}`, params));
  const steps = (rows as { detail: string }[]).map(({ detail }) => detail);
  return steps.filter((step) => /^(?:SEARCH|SCAN) (?!j\b|json_each|sequences)|TEMP B-TREE/.test(step)).join("; ");
}

describe.each(MOVED_TABLES.map((table) => ({ name: table.name, table })))("$name", ({ name, table }) => {
  const key = JSON.stringify(table.key.map(() => "k"));

  it("is read by key", async () => {
    const byKey = `(${[table.space, ...table.key].map((column) => `${column}=?`).join(" AND ")})`;
    expect(await planOf(rowsOf("s", table, [key]))).toContain(`SEARCH t USING PRIMARY KEY ${byKey}`);
    expect(await planOf(sizesOf("s", table, [key]))).toContain(`SEARCH t USING PRIMARY KEY ${byKey}`);
    expect(await planOf(largeRow("s", table, key))).toMatch(/^SEARCH t USING .*=\? AND .*=\?\)$/);
    for (const each of deleteRows("s", table, [key]))
      expect(await planOf(each)).toContain(`SEARCH ${name} USING PRIMARY KEY ${byKey}`);
  });

  it("is read in the order of its key", async () => {
    for (const range of [
      { after: null, upTo: null },
      { after: key, upTo: key },
    ])
      expect(await planOf(rowsInRange("s", table, range, 10))).toMatch(/^SEARCH t USING PRIMARY KEY [^;]*$/);
  });
});
