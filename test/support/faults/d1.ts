/** The real local D1, each of whose calls is an effect on the stage. */

import { connectionLost } from "./effects.ts";
import type { Process, Stage } from "./stage.ts";

/** @returns a D1 that runs the real one's calls, each when the stage lets its process continue. */
export function stagedD1(real: D1Database, name: string, stage: Stage, process: Process): D1Database {
  const perform = <Answer>(statements: readonly string[], act: () => Promise<Answer>) => {
    const nature = statements.every((sql) => /^\s*(SELECT|WITH)\b/i.test(sql)) ? "read" : "commit";
    const detail = statements.map(shortened).join("; ");
    const broken = () => new Error("D1_ERROR: Network connection lost.", { cause: connectionLost() });
    return stage.perform(process, { label: `${name}.${nature}`, nature, detail, act, broken });
  };
  const prepare = (sql: string, prepared: D1PreparedStatement): Staged => ({
    sql,
    prepared,
    bind: (...values: unknown[]) => prepare(sql, prepared.bind(...values)),
    all: () => perform([sql], () => prepared.all()),
    run: () => perform([sql], () => prepared.run()),
    first: () => perform([sql], () => prepared.first()),
    raw: () => perform([sql], () => prepared.raw()),
  });
  const staged = {
    prepare: (sql: string) => prepare(sql, real.prepare(sql)),
    batch: (statements: Staged[]) =>
      perform(
        statements.map((each) => each.sql),
        () => real.batch(statements.map((each) => each.prepared)),
      ),
  };
  return staged as unknown as D1Database;
}

interface Staged {
  sql: string;
  prepared: D1PreparedStatement;
  bind(...values: unknown[]): Staged;
  all(): Promise<unknown>;
  run(): Promise<unknown>;
  first(): Promise<unknown>;
  raw(): Promise<unknown>;
}

/** The beginning of a statement, by which its effect is found. */
const shortened = (sql: string) => sql.replaceAll(/\s+/g, " ").trim().slice(0, 90);
