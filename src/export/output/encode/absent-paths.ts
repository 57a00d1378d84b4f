/** Judges paths of a request that lead to nothing in the rows of its result: mistyped, or of other events. */

import type { ColumnType } from "../../../datasets/column.ts";
import type { OpenObject } from "../../../datasets/dataset.ts";
import { didYouMean } from "../../../suggestion.ts";

type Path = readonly string[];

/** Suggestions compare texts, which takes time: later paths get none. */
const MAX_SUGGESTIONS = 20;

const keyOf = (path: Path) => path.join(".");

/** Judges paths that lead to nothing in the rows of this result. */
export class AbsentPaths {
  readonly #targets: ReadonlyMap<string, { type: ColumnType }>;
  readonly #known: readonly string[];
  readonly #open: OpenObject | undefined;
  #suggestions = 0;

  /** @param known the paths of the rows. @param open absent: the rows have no other. */
  constructor(known: ReadonlyMap<string, { type: ColumnType }>, open: OpenObject | undefined) {
    const prefix = open === undefined || open.path.length === 0 ? "" : `${keyOf(open.path)}.`;
    this.#known = [...known.keys(), ...[...(open?.members ?? [])].map((member) => prefix + member)];
    this.#targets = known;
    this.#open = open;
  }

  /** Could a definition that is not in this result, or does not exist yet, have the path? */
  isPossible(path: Path): boolean {
    const inner = this.#inner(path);
    const around = this.#targets.get(keyOf(path.slice(0, -1)));
    if (inner.length === 2 && around !== undefined && around.type !== "json") return false;
    return inner.length >= 1 && inner.length <= 2 && inner.every((name) => this.#open?.admits(name) === true);
  }

  /** Does another definition of the space have the path? */
  isElsewhere(path: Path): boolean {
    return this.#open?.members.has(keyOf(this.#inner(path))) === true;
  }

  detail(text: string, path: Path): string {
    if (this.isElsewhere(path)) return `No row of this result has the field ${text}: other events have it.`;
    this.#suggestions += 1;
    return `The rows have no field ${text}.${this.#suggestions > MAX_SUGGESTIONS ? "" : didYouMean(text, this.#known)}`;
  }

  /** The path within the open object; empty where it does not lead there. */
  #inner(path: Path): Path {
    return this.#open?.path.every((name, depth) => path[depth] === name) === true
      ? path.slice(this.#open.path.length)
      : [];
  }
}
