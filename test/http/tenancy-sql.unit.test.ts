/**
 * Every query names its space. This reads the source of src/db, finds each SQL text in it, and fails on one that
 * touches a table of spaces' rows without naming the space once for each such table.
 */

/// <reference types="vite/types/importMeta.d.ts" />
import { describe, expect, it } from "vitest";
import { ownedTables, queriesIn, type Query } from "../support/sql.ts";

const SOURCES = import.meta.glob<string>("../../src/db/**/*.ts", { query: "?raw", import: "default", eager: true });
const MIGRATIONS = import.meta.glob<string>("../../src/db/migrations/*/*.sql", {
  query: "?raw",
  import: "default",
  eager: true,
});
const OTHER_ROOMS = import.meta.glob<string>(["../../src/**/*.ts", "!../../src/db/**"], {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Functions whose query serves every space, and why that is right. */
const EVERY_SPACE: Record<string, string> = {
  findKeyWithSpace: "authentication: the key's id says which space it is; nothing is known of the caller before it",
  findPortalSession:
    "authentication: the session's id says which space it is; nothing is known of the caller before it",
  dropOldSessions: "the sweep drops every space's links and sessions of portals that expired long ago",
  claimStuckExports: "the sweep wakes late exports of every space, and gives each back with its space_id",
  listToExpire: "the sweep expires what is over, whosever it is, each by its space_id",
  claimDueMove: "the sweep goes on with the moves of every space, and takes each with its space_id",
  NEWER_MOVE: "an object has one space alone",
  listToCleanUp: "the sweep finds what to clean up for every space, each with its space_id",
  listPurgeable: "the sweep finds records to forget for every space, each with its space_id",
  deleteOldExports: "the sweep ends the records of every space that are too old",
  claimStuckVerifications: "the sweep wakes late verifications of every space, and gives each back with its space_id",
  listDueVerifications: "the sweep begins what schedules of every space ask for, each by its space_id",
  takeDueSchedules: "the sweep looks at schedules of every space, and gives each back with its space_id",
  dropOldRuns: "the sweep drops every space's history of runs when it is too old",
  takeLostDeliveries: "the sweep wakes late deliveries of every space, and gives each back with its space_id",
  listEncryptedWith: "the sweep finds secrets of every space that an older key encrypted, each with its space_id",
  waitingSince: "the operator sees since when the oldest work of all spaces waits, and nothing of a space",
  dropOldKeys: "the sweep drops every space's idempotency keys when they are too old",
};

const OWNED = ownedTables(Object.values(MIGRATIONS).join("\n"));
const QUERIES = Object.entries(SOURCES).flatMap(([file, source]) =>
  queriesIn(file, source, Object.values(SOURCES).join("\n")),
);

/** A query names a space by its id, or by the number of this id, which a subquery finds; `inSpace` chooses by table. */
const NAMES_SPACE =
  /\bspace_id = |\bspace_no = (?=\(SELECT space_no FROM sequences)|\bINTO \w+ \([^)]*\bspace_(?:id|no)\b|\$\{inSpace\(/g;

/** Does it compare its space, or write it, as often as it touches an owned table? */
function forgets(query: Query): boolean {
  const touched = query.tables.filter((table) => OWNED.has(table) || table.startsWith("${")).length;
  return touched > (query.sql.match(NAMES_SPACE)?.length ?? 0);
}

const say = (query: Query) => `${query.file} ${query.name}: ${query.sql}`;

describe("the walk", () => {
  it("finds the tables, all but these four a space's", () => {
    const all = Object.values(MIGRATIONS)
      .join("\n")
      .matchAll(/CREATE TABLE (\w+)/g);
    const shared = [...all].flatMap(([, table = ""]) => (OWNED.has(table) ? [] : [table]));
    // The tenants themselves, by their id; the homes that they share; when the sweep was at work; and the table that
    // never keeps a row.
    expect(shared.toSorted()).toEqual(["guard", "heartbeats", "home_checks", "spaces"]);
  });

  it("reads each statement in the source", () => {
    const keywords = Object.values(SOURCES)
      .join("\n")
      .match(/(?<=["`])\s*(?:\$\{\w+\([^{}]*\)\}\s+)?\(?(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\b/g);
    expect(QUERIES.length).toBeGreaterThan(50);
    expect(QUERIES.length).toBe(keywords?.length);
  });

  it.each([
    ["a SELECT", "`SELECT id FROM events WHERE id = ?1`"],
    ["a SELECT by a number that need not be the space's", "`SELECT id FROM events WHERE space_no = ?1`"],
    ["a DELETE", "`DELETE FROM profiles WHERE person_id = ?1`"],
    ["an UPDATE", "`UPDATE exports SET status = 'failed' WHERE id = ?1`"],
    ["an INSERT", "`INSERT INTO sections (id) VALUES (?1)`"],
    ["a JOIN", "`SELECT 1 FROM events e JOIN profiles p ON p.person_id = e.person_id WHERE e.space_id = ?1`"],
    [
      "a subquery",
      "`SELECT 1 FROM export_files WHERE space_id = ?1 AND EXISTS (SELECT 1 FROM export_chunks WHERE done = 0)`",
    ],
  ])("sees %s that forgets its space", (_, text) => {
    const [query] = queriesIn("made-up.ts", `export function made() { return db.run(${text}); }`);
    expect(query === undefined ? undefined : forgets(query)).toBe(true);
  });
});

describe("every query", () => {
  it("names its space", () => {
    const wrong = QUERIES.filter((query) => forgets(query) && !(query.name in EVERY_SPACE));
    expect(wrong.map(say)).toEqual([]);
  });

  it("that names no space is on the list of those that need none, and the list has no others", () => {
    const serving = QUERIES.filter((query) => query.name in EVERY_SPACE).map((query) => query.name);
    expect([...new Set(serving)].toSorted()).toEqual(Object.keys(EVERY_SPACE).toSorted());
  });

  it("of the tenants' own table names one by its id, or is the operator's list or the sweep's search", () => {
    const tenants = QUERIES.filter((query) => query.tables.includes("spaces") && !/\bid = \?1/.test(query.sql));
    expect(tenants.map((query) => query.name).toSorted()).toEqual([
      "claimDueMove",
      "insertSpace",
      "largestSpaceIn",
      "leaseSpaceForErasure",
      "leaseSpaceForPruning",
      "leaseSpaceForRetention",
      "listDeletingSpaces",
      "listDueVerifications",
      "listSpaces",
      "sumSpacesIn",
      "takeDueSchedules",
    ]);
  });

  it("is in src/db, except for an operator's example, the limiter's own storage and what customers' systems run", () => {
    const others = Object.entries(OTHER_ROOMS).filter(([file]) => !file.includes("/export/load/"));
    const strays = others.flatMap(([file, source]) => queriesIn(file, source));
    expect([...new Set(strays.map((query) => query.file))]).toEqual([
      "../../src/http/spaces/query.ts",
      "../../src/limiter/limiter.ts",
      "../../src/limiter/use.ts",
    ]);
  });
});
