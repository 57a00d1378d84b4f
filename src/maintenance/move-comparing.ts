/**
 * Compares a moving space's rows in both homes, every one: each table by key, then the rows that changed since. A row
 * may differ only where a change of it was logged that is not copied yet: it is compared again with that change.
 */

import type { Param, Rows } from "../db/core/database.ts";
import type { MovedTable } from "../db/moves/moved-tables.ts";
import { largeRow, type MovedRow, pageOf, readKeys, rowsInRange, rowsOf, valuesIn } from "../db/moves/rows.ts";
import { type LogEntry, loggedKeys } from "../db/moves/source.ts";
import { commit, copyChanges, type Mover, nextChanges, tableOf } from "./move-copying.ts";

/** With more changes that are not copied yet, they are copied first. */
const MAX_PENDING = 1_000;
/** So often in a row the same rows may differ: then the move fails. */
const MAX_DIFFERED = 3;

/** Rows differ in a way that no logged change explains. */
export class RowsDiffer extends Error {
  readonly table: string;

  constructor(table: string, key: string) {
    super(`rows of ${table} differ after they were copied, for example ${key}`);
    this.table = table;
  }
}

/** The rows of one read: key → text. */
type Texts = ReadonlyMap<string, string | null>;

/** Compares the next page of a table. After the last one, changes alone are followed. @throws RowsDiffer. */
export async function comparePage(mover: Mover): Promise<void> {
  const { move, source, target, progress, pageRows } = mover;
  const { space_id: spaceId } = move;
  const table = tableOf(progress);
  if (table === null) return commit(mover, { phase: "follow" });
  const found = await readKeys(source, spaceId, table, progress.after, pageRows);
  const { keys, isLarge } = pageOf(found);
  const isLast = found.length < pageRows && keys.length === found.length;
  // Behind the last key, the new home must have no rows either.
  const range = { after: progress.after, upTo: isLast && !isLarge ? null : (keys.at(-1)?.key ?? null) };
  const large = isLarge ? range.upTo : null;
  const readRows = (limit: number) => [
    rowsInRange(spaceId, table, range, limit),
    ...(large === null ? [] : [largeRow(spaceId, table, large)]),
  ];
  const [logged, ...own] = await source.batch<MovedRow & LogEntry>([
    loggedKeys(spaceId, progress.copiedLog, MAX_PENDING),
    ...readRows(2 * pageRows),
  ]);
  const pending = logged?.rows ?? [];
  if (pending.length >= MAX_PENDING) return copyChanges(mover);
  // So many rows came since the keys were read: the page is cut anew.
  if ((own[0]?.rows.length ?? 0) >= 2 * pageRows) return;
  const other = await target.batch<MovedRow>(readRows(2 * pageRows + MAX_PENDING));
  const [ours, theirs] = [own, other].map((read) => textsIn(read, large));
  if (ours === undefined || theirs === undefined) return;
  const different = differing(table, ours, theirs, pending);
  if (different !== null) return retry(mover, table, different);
  const isDone = range.upTo === null;
  await commit(mover, {
    ...(isDone ? { table: progress.table + 1, after: null } : { after: range.upTo }),
    compared: progress.compared + ours.size,
    differed: 0,
  });
}

/** Compares the rows of the next changes that were copied. @throws RowsDiffer. */
export async function compareChanges(mover: Mover): Promise<void> {
  const { move, source, target, progress } = mover;
  const { space_id: spaceId } = move;
  const changes = await nextChanges(mover, progress.comparedLog, progress.copiedLog);
  if (changes === null) return commit(mover, { comparedLog: progress.copiedLog });
  const { large, upTo } = changes;
  const tables = large === null ? [...changes.byTable.keys()] : [large.table];
  const reads =
    large === null
      ? [...changes.byTable].map(([table, keys]) => rowsOf(spaceId, table, [...keys]))
      : [largeRow(spaceId, large.table, large.key)];
  const rows = await source.batch<MovedRow & LogEntry>([
    ...reads,
    loggedKeys(spaceId, progress.copiedLog, MAX_PENDING),
  ]);
  const pending = rows.at(-1)?.rows ?? [];
  if (pending.length >= MAX_PENDING) return copyChanges(mover);
  const others = await target.batch<MovedRow>(reads);
  for (const [n, table] of tables.entries()) {
    const [ours, theirs] = [rows, others].map((read) => {
      const own = read[n];
      return textsIn(large === null ? [own] : [undefined, own], large?.key ?? null);
    });
    if (ours === undefined || theirs === undefined) return;
    const different = differing(table, ours, theirs, pending);
    if (different !== null) return retry(mover, table, different);
  }
  await commit(mover, { comparedLog: upTo, differed: 0 });
}

/** The rows of a read. @param read those with a text, then, where there is a large row, that by its columns. */
function textsIn([rows, byColumn]: readonly (Rows<MovedRow> | undefined)[], large: string | null): Texts {
  const texts = new Map(rows?.rows.map(({ key, text }) => [key, text]));
  const [row] = (byColumn?.rows ?? []) as readonly unknown[] as readonly Record<string, Param>[];
  if (large !== null && row !== undefined) texts.set(large, JSON.stringify(valuesIn(row)));
  return texts;
}

/** A key whose rows differ though no change of it waits to be copied; null: there is none. */
function differing(table: MovedTable, ours: Texts, theirs: Texts, pending: readonly LogEntry[]): string | null {
  const waits = new Set(pending.flatMap(({ table_name: name, key }) => (name === table.name ? key : [])));
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    const [own, other] = [ours.get(key), theirs.get(key)];
    // A row whose text is null has become too large since the page was cut.
    if (own !== other || own === null) if (!waits.has(key)) return key;
  }
  return null;
}

/** The same page is read again. @throws RowsDiffer. */
async function retry(mover: Mover, table: MovedTable, key: string): Promise<void> {
  const differed = mover.progress.differed + 1;
  if (differed >= MAX_DIFFERED) throw new RowsDiffer(table.name, key);
  await commit(mover, { differed });
}
