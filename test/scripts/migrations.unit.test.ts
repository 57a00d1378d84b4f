/** Which migrations a rollout survives: the old code still runs when its tables already are the new ones. */

import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findingText, lintMigrations } from "../../scripts/migrations.ts";
import { record } from "../../scripts/migrations/record.ts";
import { statementsIn } from "../../scripts/migrations/statements.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "migrations-"));
  mkdirSync(join(dir, "control"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const write = (name: string, sql: string) => writeFileSync(join(dir, "control", name), sql);

/** Findings about the statements of one migration, as `line: reason`. */
function lint(sql: string): string[] {
  write("0001_first.sql", sql);
  record(dir);
  return lintMigrations(dir).map(({ line, reason }) => `${line}: ${reason}`);
}

describe("a statement that the old code may not survive", () => {
  it.each([
    ["DROP TABLE spaces;", "the old code may use spaces"],
    ["drop view if exists main.[open exports];", "the old code may use open_exports"],
    ["DROP TRIGGER t;", "the old code may use t"],
    ["DROP INDEX by_age;", "statements of the old code may need by_age, by INDEXED BY or ON CONFLICT"],
    ["ALTER TABLE spaces DROP COLUMN name;", "the old code may use spaces.name"],
    ['ALTER TABLE "spaces" RENAME TO rooms;', "the old code calls the table spaces"],
    ["ALTER TABLE spaces RENAME name TO title;", "the old code calls the column spaces.name"],
    ["ALTER TABLE spaces RENAME COLUMN name TO title;", "the old code calls the column spaces.name"],
    [
      "ALTER TABLE spaces ADD COLUMN home TEXT NOT NULL;",
      "the old code inserts rows without spaces.home, which may not be null",
    ],
    [
      "ALTER TABLE spaces ADD home TEXT CHECK (home <> '');",
      "rows of the old code have the default in spaces.home, which the check may refuse",
    ],
    [
      "ALTER TABLE spaces ADD CONSTRAINT named CHECK (name <> '');",
      "rows that the old code writes to spaces may fail the new check",
    ],
    ["CREATE UNIQUE INDEX one ON spaces (name);", "rows that the old code writes to spaces may break its uniqueness"],
    [
      "CREATE TRIGGER t BEFORE INSERT ON spaces BEGIN SELECT RAISE(ABORT, 'no'); END;",
      "its RAISE may refuse what the old code writes to spaces",
    ],
    ["CREATE TABLE t (id TEXT REFERENCES spaces (id));", "its foreign key refuses deletes from spaces"],
    ["DELETE FROM spaces WHERE 1;", "the old code may read the rows of spaces that it deletes"],
    [
      "UPDATE spaces SET name = upper(name, 'a = b'), status = 1 WHERE id = 1;",
      "the old code may not understand the new values of spaces.name, status",
    ],
    ["REPLACE INTO spaces VALUES (1);", "the old code may not understand the rows that it replaces in spaces"],
    [
      "INSERT INTO spaces (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = 1;",
      "the old code may not understand the new values in spaces",
    ],
    ["PRAGMA writable_schema = 1;", "no rule knows this statement"],
    ["ALTER TABLE spaces ALTER COLUMN name SET NOT NULL;", "no rule knows this statement"],
  ])("%s", (sql, reason) => {
    expect(lint(`-- A comment.\n${sql}\n`)).toEqual([`2: ${reason}`]);
  });

  it("is said with its file, its line and what to do instead", () => {
    write("0001_first.sql", "\n\nDROP TABLE spaces;");
    record(dir);
    const [found] = lintMigrations(dir);
    expect(found === undefined ? "" : findingText(found, dir)).toMatch(
      /control\/0001_first\.sql:3: the old code may use spaces\.\n {2}Expand first.*Then contract/,
    );
  });

  it.each([
    "-- contract: 0.2.0 was the last version that read it\nDROP TABLE old;",
    "/* contract: 0.2.0 was\n * the last that read it */ DROP TABLE old;",
  ])("passes under a comment that says why it is safe now: %s", (sql) => expect(lint(sql)).toEqual([]));

  it.each(["-- contract:\nDROP TABLE old;", "SELECT 1; -- contract: 0.2.0 was the last\nDROP TABLE old;"])(
    "does not pass by a comment that gives no reason, or that is about another statement: %s",
    (sql) => expect(lint(sql)).toHaveLength(1),
  );
});

describe("a statement that the old code survives", () => {
  it.each([
    "CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER NOT NULL CHECK (n > 0)); CREATE UNIQUE INDEX t_by_n ON t (n);",
    "CREATE TABLE t (id TEXT REFERENCES spaces (id) ON DELETE CASCADE);",
    "CREATE INDEX spaces_by_name ON spaces (name) WHERE name <> '; DROP TABLE spaces;';",
    "ALTER TABLE spaces ADD COLUMN home TEXT NOT NULL DEFAULT 'NOT NULL; CHECK (';",
    "ALTER TABLE spaces ADD COLUMN due INTEGER; UPDATE spaces SET due = CASE WHEN id = 1 THEN 2 ELSE 3 END;",
    "CREATE TABLE t (id TEXT); ALTER TABLE t RENAME TO u; INSERT INTO u SELECT id FROM spaces;",
    "CREATE TABLE t (id TEXT); DELETE FROM t; UPDATE t SET id = 1; DROP TABLE t;",
    "CREATE VIEW v AS SELECT 1; DROP VIEW v; PRAGMA optimize; ANALYZE;",
    "CREATE TRIGGER t AFTER INSERT ON spaces BEGIN INSERT INTO log VALUES (new.id); DELETE FROM log; END;",
  ])("%s", (sql) => {
    expect(lint(sql)).toEqual([]);
  });
});

describe("statements", () => {
  it("end at their own semicolon, whatever a comment, a text or a trigger's body has", () => {
    const sql = `
      -- one; two
      SELECT ';', "a;b" /* ; */ FROM t;
      CREATE TRIGGER t AFTER UPDATE ON a WHEN CASE new.n WHEN 1 THEN 1 END BEGIN
        UPDATE b SET n = CASE WHEN 1 THEN 'END' ELSE 2 END; -- END
        DELETE FROM c;
      END;
      DROP TABLE it`;
    expect(statementsIn(sql).map(({ line, text }) => [line, text.slice(0, 14)])).toEqual([
      [3, "SELECT '' , \"A"],
      [4, "CREATE TRIGGER"],
      [8, "DROP TABLE IT"],
    ]);
  });
});

describe("the record", () => {
  const reasons = () => lintMigrations(dir).map(({ file, reason }) => `${file}: ${reason}`);

  it("refuses a recorded file that was changed, also after it is recorded again", () => {
    write("0001_first.sql", "CREATE TABLE t (id TEXT);");
    expect(record(dir)).toEqual(["control/0001_first.sql"]);
    appendFileSync(join(dir, "control", "0001_first.sql"), "\nCREATE TABLE u (id TEXT);");
    expect(record(dir)).toEqual([]);
    expect(reasons()).toEqual([
      "control/0001_first.sql: the file was changed after it was recorded, and no installation runs it again",
    ]);
  });

  it("refuses that a recorded file is missing", () => {
    write("0001_first.sql", "SELECT 1;");
    record(dir);
    rmSync(join(dir, "control", "0001_first.sql"));
    expect(reasons()).toEqual(["control/0001_first.sql: the file is recorded, and missing"]);
  });

  it("refuses a file that is not recorded, and one that comes before a recorded one", () => {
    write("0002_second.sql", "SELECT 1;");
    record(dir);
    write("0002_another.sql", "SELECT 1;");
    write("0003_third.sql", "SELECT 1;");
    expect(reasons()).toEqual([
      "control/0002_another.sql: the file is not recorded",
      "control/0002_another.sql: a migration with its number, or a later one, is recorded",
      "control/0003_third.sql: the file is not recorded",
    ]);
  });

  it("refuses a name without a number", () => {
    write("third.sql", "SELECT 1;");
    expect(reasons()).toEqual(["control/third.sql: the name of a migration is 0001_name.sql"]);
  });
});

it("finds nothing in the project's own migrations", () => {
  expect(lintMigrations().map((finding) => findingText(finding))).toEqual([]);
});
