/**
 * The homes of spaces that have an object of their own: each a database with its own thread, that no other space waits
 * for. It is asked by `execute`, as `SpaceHome` (src/db/core/space-home.ts) is, costs a request and the time that it is
 * awake, and sleeps when no call comes. The figures are guesses from the documentation of Durable Objects.
 */

import type { Clock } from "./clock.ts";
import { SimulatedD1 } from "./d1.ts";
import { D1Server } from "./d1-server.ts";
import { tailed } from "./random.ts";

/** An object without a call for so long hibernates, and is billed until then. */
const SLEEPS_AFTER_MS = 10_000;
/** Until an object that slept runs its code again. */
const WAKE = { least: 20, more: 30 };

interface Sent {
  sql: string;
  params: readonly (string | number | null)[];
}

interface SpaceObject {
  d1: SimulatedD1;
  /** Epoch ms until which it is awake, where no further call comes. */
  awakeUntil: number;
}

export class SimulatedObjects {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #migrations: string;
  readonly #objects = new Map<string, SpaceObject>();
  readonly spent = { requests: 0, awakeMs: 0, wakes: 0 };

  /** @param migrations the folder of a space's SQL files. */
  constructor(clock: Clock, random: () => number, migrations: string) {
    this.#clock = clock;
    this.#random = random;
    this.#migrations = migrations;
  }

  get servers(): D1Server[] {
    return [...this.#objects.values()].map(({ d1 }) => d1.server);
  }

  /** As `DurableObjectNamespace`. */
  idFromName(name: string): string {
    return name;
  }

  get(name: string) {
    return {
      execute: (statements: readonly Sent[]) => this.#execute(name, statements),
      destroy: async () => void this.#objects.delete(name),
    };
  }

  /** All statements in one transaction. @returns results, or SQLite's text of an error. */
  async #execute(name: string, statements: readonly Sent[]) {
    const object = this.#called(name);
    const { d1 } = object;
    try {
      const results = await d1.batch(statements.map(({ sql, params }) => d1.prepare(sql).bind(...params)));
      return {
        results: results.map(({ results: rows, meta }) => {
          const columns = Object.keys(rows[0] ?? {});
          const { changes, rows_read: rowsRead, rows_written: rowsWritten } = meta;
          return {
            columns,
            rows: rows.map((row) => columns.map((column) => row[column])),
            changes,
            rowsRead,
            rowsWritten,
            size: 0,
          };
        }),
      };
    } catch (thrown) {
      return { error: thrown instanceof Error ? thrown.message : String(thrown) };
    } finally {
      this.#staysAwake(object);
    }
  }

  #called(name: string): SpaceObject {
    let object = this.#objects.get(name);
    if (object === undefined) {
      const server = new D1Server(this.#clock, this.#random);
      object = { d1: new SimulatedD1(server, this.#migrations), awakeUntil: 0 };
      this.#objects.set(name, object);
    }
    this.spent.requests += 1;
    if (object.awakeUntil <= this.#clock.now) {
      this.spent.wakes += 1;
      object.d1.server.wakeMs = tailed(this.#random, WAKE.least, WAKE.more);
    }
    this.#staysAwake(object);
    return object;
  }

  #staysAwake(object: SpaceObject): void {
    const { now } = this.#clock;
    this.spent.awakeMs += now + SLEEPS_AFTER_MS - Math.max(now, object.awakeUntil);
    object.awakeUntil = now + SLEEPS_AFTER_MS;
  }
}
