/** The real local databases, each of whose calls is an effect on the stage: D1 and objects. */

import type { Statement } from "../../../src/db/core/database.ts";
import type { SpaceHome } from "../../../src/db/core/space-home.ts";
import { connectionLost } from "./effects.ts";
import type { Process, Stage } from "./stage.ts";

/** Makes the call of a database an effect of a process. @param name of the database. */
function performer(name: string, stage: Stage, process: Process) {
  return <Answer>(statements: readonly string[], act: () => Promise<Answer>) => {
    const nature = statements.every((sql) => /^\s*(SELECT|WITH)\b/i.test(sql)) ? "read" : "commit";
    const detail = statements.map(shortened).join("; ");
    const broken = () => new Error("D1_ERROR: Network connection lost.", { cause: connectionLost() });
    return stage.perform(process, { label: `${name}.${nature}`, nature, detail, act, broken });
  };
}

/** @returns the homes of spaces in objects: each call runs when the stage lets its process continue. */
export function stagedObjects(
  real: DurableObjectNamespace<SpaceHome>,
  stage: Stage,
  process: Process,
): DurableObjectNamespace<SpaceHome> {
  const perform = performer("space", stage, process);
  const get = (id: DurableObjectId) => ({
    execute: (statements: readonly Statement[]) =>
      perform(
        statements.map(({ sql }) => sql),
        async () => real.get(id).execute(statements),
      ),
  });
  return { idFromName: (name: string) => real.idFromName(name), get } as unknown as DurableObjectNamespace<SpaceHome>;
}

/** @returns a D1 that runs the real one's calls, each when the stage lets its process continue. */
export function stagedD1(real: D1Database, name: string, stage: Stage, process: Process): D1Database {
  const perform = performer(name, stage, process);
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
