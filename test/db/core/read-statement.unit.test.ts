/** Which texts of SQL are one statement that reads. */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { whyNotRead } from "../../../src/db/core/read-statement.ts";

const MORE = expect.stringContaining("more than one statement") as string;
const BEGINS = expect.stringContaining("must begin with SELECT, WITH or EXPLAIN") as string;

describe("a statement that reads", () => {
  it.each([
    "SELECT 1",
    "select 1;",
    "  -- why\n/* and ; how */ SELECT 1 ; -- done; really",
    "WITH a AS (SELECT 1) SELECT * FROM a",
    "EXPLAIN QUERY PLAN SELECT 1",
    "SELECT ';', \";\", `;`, [;] FROM t WHERE a = 'it''s; fine' -- ; and so on",
    "SELECT 1 - -1 / 2",
    "SELECT 1; /* not ended",
    "SELECT 'not ended;",
  ])("is %j", (sql) => {
    expect(whyNotRead(sql)).toBeNull();
  });

  it("may have any text in quotes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(whyNotRead(`SELECT '${text.replaceAll("'", "''")}' AS a;`)).toBeNull();
      }),
    );
  });
});

describe("another text is told what is wrong:", () => {
  it.each([
    "",
    "-- SELECT 1",
    "(SELECT 1)",
    "VALUES (1)",
    "INSERT INTO a SELECT 1",
    "/* SELECT */ DELETE FROM a",
    "PRAGMA foreign_keys",
    "ATTACH 'x' AS y",
    "CREATE TABLE a (b)",
    "SELECTED",
    "; SELECT 1",
    `${"/**/".repeat(4_000)}DELETE FROM a`,
    "BEGIN",
  ])("%j is none", (sql) => {
    expect(whyNotRead(sql)).toEqual(BEGINS);
  });

  it.each(["SELECT 1; DELETE FROM a", "SELECT ';';SELECT 2", "SELECT 1;;SELECT 2", "SELECT 1; /* a */ b"])(
    "%j is several",
    (sql) => {
      expect(whyNotRead(sql)).toEqual(MORE);
    },
  );
});
