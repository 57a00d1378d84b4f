/**
 * The home of one space's data: a Durable Object with a SQLite database of its own, which runs the statements that it
 * is sent as D1 does (object-driver.ts calls it). It makes its tables itself, before its first statement.
 *
 * An answer has at most 32 MiB, the limit of a call between Workers. The largest page of this code has 8 MB of text
 * (db/profiles/lookup.ts), which are 16 MB where a character takes two bytes.
 */

import { DurableObject } from "cloudflare:workers";
import type { Statement } from "./database.ts";
import { type QueryAnswer, queryReadOnly } from "./object-query.ts";
import { MIGRATIONS } from "./space-migrations.ts";

/** The result of one statement. Rows are without their columns' names: these would be sent with every row. */
export interface ObjectResult {
  columns: string[];
  rows: SqlStorageValue[][];
  changes: number;
  rowsRead: number;
  rowsWritten: number;
  /** Of the whole database, in bytes. */
  size: number;
}

/** An error of a statement is an answer, too: one that is thrown to another Worker is logged as the object's crash. */
export type ObjectAnswer = { results: ObjectResult[] } | { error: string };

/** Under this key the object has the number of its migrations that have run. */
const VERSION = "version";
/** An object has one space alone. */
const NEWER_MOVE = "SELECT 1 FROM moves_in WHERE number > ?1";
/** Under this key an object whose data was deleted has the number of the move for which that was. */
const GONE = "gone";

export class SpaceHome extends DurableObject<Env> {
  #isMigrated = false;
  /** Null: not known yet. */
  #isGone: boolean | null = null;

  /** All statements in one transaction, in order: all or nothing. @returns results, or SQLite's text of an error. */
  execute(statements: readonly Statement[]): ObjectAnswer {
    if (this.#hasGone()) return { error: "space_gone" };
    if (!this.#isMigrated) this.#migrate();
    try {
      return { results: this.ctx.storage.transactionSync(() => statements.map((each) => this.#run(each))) };
    } catch (thrown) {
      return { error: thrown instanceof Error ? thrown.message : String(thrown) };
    }
  }

  /** Reads by one statement of the operator's own, which cannot write. */
  query(statement: Statement): QueryAnswer {
    if (this.#hasGone()) return { error: "space_gone" };
    if (!this.#isMigrated) this.#migrate();
    const { storage } = this.ctx;
    return queryReadOnly({ sql: storage.sql, transactionSync: (work) => storage.transactionSync(work) }, statement);
  }

  /**
   * Deletes all data. A call that is still under way finds `space_gone`, and leaves no rows behind.
   * @param until epoch ms, when no such call can be left: then nothing of the object stays.
   * @param number of the move for which it is deleted: nothing is where a later one came in. Null: in any case.
   */
  async destroy(until: number, number: number | null): Promise<void> {
    const { storage } = this.ctx;
    if (number !== null && this.#hasMoveAfter(number)) return;
    this.#isGone = true;
    this.#isMigrated = false;
    await storage.deleteAll();
    storage.kv.put(GONE, number ?? Number.MAX_SAFE_INTEGER);
    await storage.setAlarm(until);
  }

  /**
   * A space moves into the object, which may have had its data before.
   * @param number of the move: an earlier one than that for which the data were deleted comes too late.
   */
  async revive(number: number): Promise<void> {
    const { storage } = this.ctx;
    if ((storage.kv.get<number>(GONE) ?? -1) >= number) return;
    await storage.deleteAlarm();
    storage.kv.delete(GONE);
    this.#isGone = false;
  }

  #hasGone(): boolean {
    this.#isGone ??= this.ctx.storage.kv.get(GONE) !== undefined;
    return this.#isGone;
  }

  #hasMoveAfter(number: number): boolean {
    if (this.ctx.storage.kv.get<number>(VERSION) === undefined) return false;
    if (!this.#isMigrated) this.#migrate();
    return this.#run({ sql: NEWER_MOVE, params: [number] }).rows.length > 0;
  }

  override async alarm(): Promise<void> {
    const { storage } = this.ctx;
    if (storage.kv.get(GONE) === undefined) return;
    await storage.deleteAll();
    this.#isGone = null;
  }

  #run({ sql, params }: Statement): ObjectResult {
    const { sql: database } = this.ctx.storage;
    const before = this.#totalChanges();
    const cursor = database.exec(sql, ...params);
    const rows = [...cursor.raw()];
    const { columnNames: columns, rowsRead, rowsWritten } = cursor;
    return {
      columns,
      rows,
      changes: this.#totalChanges() - before,
      rowsRead,
      rowsWritten,
      size: database.databaseSize,
    };
  }

  #totalChanges(): number {
    return this.ctx.storage.sql.exec<{ n: number }>("SELECT total_changes() AS n").one().n;
  }

  /** Runs the migrations that are not done, each once, in one transaction. */
  #migrate(): void {
    const { storage } = this.ctx;
    storage.transactionSync(() => {
      const done = storage.kv.get<number>(VERSION) ?? 0;
      for (const sql of MIGRATIONS.slice(done)) storage.sql.exec(sql);
      if (done < MIGRATIONS.length) storage.kv.put(VERSION, MIGRATIONS.length);
    });
    this.#isMigrated = true;
  }
}
