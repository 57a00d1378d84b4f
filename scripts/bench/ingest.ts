/**
 * Ingest beside what a user would do instead: `sqlite3` inserts the same rows into a new database with the same tables
 * and indexes, as many rows a transaction as the service takes a call. The rows lie ready in a table, in the order of
 * their arrival, so that no format is parsed: the baseline pays for the B-trees and the commits alone.
 */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { sqlite, timedShell } from "./baseline.ts";
import { EVENTS_PER_CALL, type Load } from "./load.ts";
import { medianOf, type Run } from "./measure.ts";

const TABLE = "events";

export interface IngestResult {
  load: Load;
  /** Null where sqlite3 is not installed. */
  baseline: { runs: Run[]; median: Run } | null;
}

/**
 * @param database the file with the loaded events.
 * @param directory for the new databases, which are removed.
 */
export async function measureIngestBaseline(
  database: string,
  rows: number,
  runs: number,
  directory: string,
): Promise<{ runs: Run[]; median: Run }> {
  const staged = join(directory, "staged.sqlite");
  const fresh = join(directory, "fresh.sqlite");
  const schema = sqlite(database, `SELECT sql || ';' FROM sqlite_schema WHERE tbl_name = '${TABLE}' AND sql NOT NULL`);
  await timedShell(SQLITE, { FILE: staged, SQL: stage(database) });
  const measured: Run[] = [];
  for (let n = 0; n < runs; n += 1) {
    await timedShell(SQLITE, { FILE: fresh, SQL: `PRAGMA journal_mode = WAL; ${schema}` });
    const begin = performance.now();
    const { cpuMs } = await timedShell(SQLITE, { FILE: fresh, SQL: insert(staged, rows) });
    const wall = performance.now() - begin;
    const found = Number(sqlite(fresh, `SELECT count(*) FROM ${TABLE}`));
    if (found !== rows) throw new Error(`sqlite3 inserted ${found} rows instead of ${rows}.`);
    measured.push({ ...UNMEASURED, wall_ms: wall, cpu_ms: cpuMs });
    remove(fresh);
  }
  remove(staged);
  return { runs: measured, median: medianOf(measured) };
}

const SQLITE = 'printf "%s" "$SQL" | sqlite3 -batch -bail "$FILE" > /dev/null';

const UNMEASURED = { service_ms: null, peak_bytes: null, bytes: 0, uncompressed_bytes: 0, work: null };

const attach = (file: string, name: string) => `ATTACH '${file.replaceAll("'", "''")}' AS ${name};`;

/** Rows of one call have the same `seq`. */
const stage = (database: string) =>
  `${attach(database, "loaded")} CREATE TABLE staged AS SELECT * FROM loaded.${TABLE} ORDER BY seq, occurred_at;`;

/** SQLite's own `synchronous` of a Durable Object, of which a local D1 is one: NORMAL. */
function insert(staged: string, rows: number): string {
  const statements = Array.from({ length: Math.ceil(rows / EVENTS_PER_CALL) }, (_, call) => {
    const [from, to] = [call * EVENTS_PER_CALL, (call + 1) * EVENTS_PER_CALL];
    return `INSERT INTO main.${TABLE} SELECT * FROM source.staged WHERE rowid > ${from} AND rowid <= ${to};`;
  });
  return `PRAGMA synchronous = NORMAL; ${attach(staged, "source")} ${statements.join("\n")}`;
}

function remove(file: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
}

export function showIngest({ load, baseline }: IngestResult, rows: number): string {
  const columns = [["Spillway", load] as const, ...(baseline === null ? [] : [["sqlite3", baseline.median] as const])];
  const seconds = (ms: number | null) => (ms === null ? "–" : (ms / 1000).toFixed(2));
  const ratio = (ms: number | null) => {
    const to = baseline?.median.cpu_ms ?? null;
    return ms === null || to === null ? "–" : `${(ms / to).toFixed(2)} ×`;
  };
  const body: [string, (of: { wall_ms: number; cpu_ms: number | null }) => string][] = [
    ["wall, s", ({ wall_ms }) => seconds(wall_ms)],
    ["events/s", ({ wall_ms }) => Math.round(rows / (wall_ms / 1000)).toLocaleString("en")],
    ["CPU, s", ({ cpu_ms }) => seconds(cpu_ms)],
    ["  to sqlite3", ({ cpu_ms }) => ratio(cpu_ms)],
  ];
  const line = (label: string, cells: readonly string[]) =>
    label.padEnd(34) + cells.map((cell) => cell.padStart(17)).join("");
  return [
    `Ingest of ${rows.toLocaleString("en")} events (${load.calls} calls, ${load.at_once} at a time)`,
    "",
    line(
      "",
      columns.map(([name]) => name),
    ),
    ...body.map(([label, show]) =>
      line(
        label,
        columns.map(([, of]) => show(of)),
      ),
    ),
  ].join("\n");
}
