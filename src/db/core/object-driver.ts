/** Reaches the Durable Object that is a space's home (space-home.ts). */

import type { Driver, DriverResult, Statement } from "./database.ts";
import type { ObjectAnswer, ObjectResult, SpaceHome } from "./space-home.ts";

export class ObjectDriver implements Driver {
  readonly #open: () => DurableObjectStub<SpaceHome>;

  /** @param open makes a stub. Each call takes a new one: a stub that has failed once may go on failing. */
  constructor(open: () => DurableObjectStub<SpaceHome>) {
    this.#open = open;
  }

  async one(statement: Statement): Promise<DriverResult> {
    const [result] = await this.batch([statement]);
    if (result === undefined) throw new Error("The object answered without a result.");
    return result;
  }

  async batch(statements: readonly Statement[]): Promise<DriverResult[]> {
    const answer = (await this.#open().execute(statements)) as ObjectAnswer;
    if ("error" in answer) throw new Error(answer.error);
    return answer.results.map(resultOf);
  }
}

function resultOf({ columns, rows, ...counts }: ObjectResult): DriverResult {
  const named = rows.map((values) => Object.fromEntries(columns.map((column, n) => [column, values[n]])));
  return { rows: named, ...counts };
}
