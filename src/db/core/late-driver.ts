/**
 * Reaches a space's database, whose home it asks for before each call. A space that moves takes no write for some
 * seconds while it switches homes: its old one fails it, with nothing written, and the call is made again in the new
 * home where the space has switched by then.
 */

import { SpillwayError } from "../../errors.ts";
import type { Driver, Statement } from "./database.ts";
import type { Home } from "./homes.ts";

const RETRY_AFTER_SECONDS = 2;
/** Homes that one call is made in: a space cannot move on within a call. */
const MAX_HOMES = 2;

/** Did a database refuse a statement because its space is moving, or is no longer there? Nothing was written then. */
export const hasLeft = (thrown: unknown): boolean =>
  thrown instanceof Error && /\bspace_(?:frozen|gone)\b/.test(thrown.message);

export class LateDriver implements Driver {
  readonly #spaceId: string;
  readonly #home: (afresh: boolean) => Promise<Home>;

  /**
   * @param home the space's home; `afresh`: as its row has it now. It throws unauthenticated for a space that was
   * deleted.
   */
  constructor(spaceId: string, home: (afresh: boolean) => Promise<Home>) {
    this.#spaceId = spaceId;
    this.#home = home;
  }

  async one(statement: Statement) {
    return this.#call((driver) => driver.one(statement));
  }

  async batch(statements: readonly Statement[]) {
    return this.#call((driver) => driver.batch(statements));
  }

  /** @throws unavailable while the space takes no write; unauthenticated where the space was deleted. */
  async #call<Result>(call: (driver: Driver) => Promise<Result>): Promise<Result> {
    let home = await this.#home(false);
    for (let n = 1; ; n += 1) {
      try {
        return await call(home.driver(this.#spaceId));
      } catch (thrown) {
        if (!hasLeft(thrown)) throw thrown;
        const { name } = home;
        home = await this.#home(true);
        if (home.name === name || n === MAX_HOMES)
          throw new SpillwayError(
            "unavailable",
            "The space is being moved to another home and takes no writes for a few seconds. Nothing was written: repeat the call.",
            { retryAfterSeconds: RETRY_AFTER_SECONDS, cause: thrown },
          );
      }
    }
  }
}
