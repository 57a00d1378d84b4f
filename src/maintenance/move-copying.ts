/**
 * A moving space's rows come into its new home: first every table by key, then, again and again, the rows that changed
 * in the old home meanwhile, as they are now. A step reads and writes a page of rows, and says how far it came in the
 * transaction that writes them.
 */

import type { Database, Param, Statement } from "../db/core/database.ts";
import { MOVED_TABLES, type MovedTable } from "../db/moves/moved-tables.ts";
import type { MoveRow } from "../db/moves/moves.ts";
import { commitProgress, type Progress } from "../db/moves/progress.ts";
import {
  deleteRows,
  largeRow,
  type MovedRow,
  pageOf,
  readKeys,
  rowsInRange,
  rowsOf,
  type SizedKey,
  sizesOf,
  valuesIn,
  writeLargeRow,
  writeRows,
} from "../db/moves/rows.ts";
import { type LogEntry, readLog } from "../db/moves/source.ts";

/** Keys, or changes, that a step looks at: it takes those whose rows are a page. */
export const PAGE_ROWS = 2_000;

/** A move under way, as a step finds it. */
export interface Mover {
  move: MoveRow;
  source: Database;
  target: Database;
  version: number;
  progress: Progress;
  pageRows: number;
}

/** Commits a step. @throws a guard failure (`isGuardFailure`) when another mover has come in between. */
export const commit = (
  { target, move, version, progress }: Mover,
  change: Partial<Progress>,
  writes: readonly Statement[] = [],
) => commitProgress(target, move, version, { ...progress, ...change }, writes);

/** The table that a phase has come to; null after the last. */
export const tableOf = ({ table }: Progress): MovedTable | null => MOVED_TABLES[table] ?? null;

/** Copies the next page of a table. After the last one, rows are compared. */
export async function copyPage(mover: Mover): Promise<void> {
  const { move, source, progress, pageRows } = mover;
  const { space_id: spaceId } = move;
  let { table: n, after } = progress;
  let table = tableOf(progress);
  let found: Awaited<ReturnType<typeof readKeys>> = [];
  while (table !== null) {
    found = await readKeys(source, spaceId, table, after, pageRows);
    if (found.length > 0) break;
    n += 1;
    after = null;
    table = MOVED_TABLES[n] ?? null;
  }
  if (table === null)
    return commit(mover, { phase: "compare", table: 0, after: null, comparedLog: progress.copiedLog });
  const { keys, isLarge } = pageOf(found);
  const upTo = keys.at(-1)?.key ?? null;
  if (isLarge && upTo !== null) {
    const values = await readLarge(source, spaceId, table, upTo);
    const writes = values === null ? [] : [writeLargeRow(spaceId, table, values)];
    return commit(mover, { table: n, after: upTo, copied: progress.copied + writes.length }, writes);
  }
  // Rows that came, went or grew since the keys were read are in the log.
  const range = { after, upTo };
  const [read] = await source.batch<MovedRow>([rowsInRange(spaceId, table, range, 2 * pageRows)]);
  const texts = (read?.rows ?? []).flatMap(({ text }) => text ?? []);
  const writes = writeRows(spaceId, table, texts);
  await commit(mover, { table: n, after: upTo, copied: progress.copied + texts.length }, writes);
}

/** Copies the rows of the next changes, as they are now. */
export async function copyChanges(mover: Mover): Promise<void> {
  const { move, source, progress } = mover;
  const { space_id: spaceId } = move;
  const changes = await nextChanges(mover, progress.copiedLog, Number.MAX_SAFE_INTEGER);
  if (changes === null) return;
  const { byTable, upTo, large } = changes;
  if (large !== null) {
    const values = await readLarge(source, spaceId, large.table, large.key);
    const write =
      values === null ? deleteRows(spaceId, large.table, [large.key]) : [writeLargeRow(spaceId, large.table, values)];
    return commit(mover, { copiedLog: upTo }, write);
  }
  // One transaction: no row of it excludes another.
  const read = await source.batch<MovedRow>([...byTable].map(([table, keys]) => rowsOf(spaceId, table, [...keys])));
  // A row that has grown since is a page by itself the next time.
  if (read.some(({ rows }) => rows.some(({ text }) => text === null))) return;
  const writes = [...byTable].flatMap(([table, keys], n) => {
    const rows = read[n]?.rows ?? [];
    const there = new Set(rows.map(({ key }) => key));
    const texts = rows.flatMap(({ text }) => text ?? []);
    return [
      ...deleteRows(
        spaceId,
        table,
        [...keys].filter((key) => !there.has(key)),
      ),
      ...writeRows(spaceId, table, texts),
    ];
  });
  await commit(mover, { copiedLog: upTo }, writes);
}

export interface Changes {
  /** The keys of changed rows; without a large one. */
  byTable: Map<MovedTable, Set<string>>;
  /** A large row, which is the only one. */
  large: { table: MovedTable; key: string } | null;
  /** The number of the last change. */
  upTo: number;
}

/** The next changes whose rows are a page together; null where there are none. */
export async function nextChanges(
  { move, source, pageRows }: Mover,
  after: number,
  last: number,
): Promise<Changes | null> {
  const { space_id: spaceId } = move;
  const entries = await readLog(source, spaceId, after, last, pageRows);
  if (entries.length === 0) return null;
  const grouped = groupByTable(entries);
  const sizes = await source.batch<SizedKey>([...grouped].map(([table, keys]) => sizesOf(spaceId, table, [...keys])));
  const sizeOf = new Map(
    [...grouped].flatMap(([table], n) =>
      (sizes[n]?.rows ?? []).map((each) => [named(table.name, each.key), each.bytes]),
    ),
  );
  const seen = new Set<string>();
  const sized = entries.map((entry) => {
    const name = named(entry.table_name, entry.key);
    // A row that changed twice is read once.
    const bytes = seen.has(name) ? 0 : (sizeOf.get(name) ?? 0);
    seen.add(name);
    return { ...entry, bytes };
  });
  const { keys: page, isLarge } = pageOf(sized);
  const [first] = page;
  const table = MOVED_TABLES.find(({ name }) => name === first?.table_name);
  const upTo = page.at(-1)?.n ?? after;
  if (isLarge && first !== undefined && table !== undefined)
    return { byTable: new Map(), large: { table, key: first.key }, upTo };
  return { byTable: groupByTable(page), large: null, upTo };
}

const named = (table: string, key: string) => `${table} ${key}`;

/** The tables' order is that in which they are copied, whatever changed first. */
export function groupByTable(entries: readonly Pick<LogEntry, "table_name" | "key">[]): Map<MovedTable, Set<string>> {
  const keys = Map.groupBy(entries, (entry) => entry.table_name);
  return new Map(
    MOVED_TABLES.flatMap((table) => {
      const own = keys.get(table.name);
      return own === undefined ? [] : [[table, new Set(own.map(({ key }) => key))] as const];
    }),
  );
}

/** A row's values; null where there is none. */
export async function readLarge(
  db: Database,
  spaceId: string,
  table: MovedTable,
  key: string,
): Promise<Param[] | null> {
  const [read] = await db.batch<Record<string, Param>>([largeRow(spaceId, table, key)]);
  const row = read?.rows[0];
  return row === undefined ? null : valuesIn(row);
}
