/**
 * The expression of a `segment_filter`: names of segments, `!`, `&`, `|` and brackets. `!` binds closest, then `&`.
 *
 *     filter  = both *( "|" both )
 *     both    = one *( "&" one )
 *     one     = "!" one / "(" filter ")" / name
 */

import type { Combination } from "../../../segments/combination.ts";

/** Deeper brackets and negations are refused: a rule may not nest deeper. */
const MAX_DEPTH = 10;

const TOKEN = /[()!&|]|[^\s()!&|]+/g;
const OPERATORS: ReadonlySet<string> = new Set("()!&|".split(""));

/**
 * @param discriminatorOf the segment of a name; undefined for a name that there is not.
 * @returns the combination, or a sentence about what is wrong with the text.
 */
export function readFilter(
  text: string,
  discriminatorOf: (name: string) => string | undefined,
): { combination: Combination } | { wrong: string } {
  try {
    return { combination: new Reader(text.match(TOKEN) ?? [], discriminatorOf).whole() };
  } catch (thrown) {
    if (thrown instanceof Wrong) return { wrong: thrown.message };
    throw thrown;
  }
}

class Wrong extends Error {}

/** Characters of a part of the text that a sentence repeats. */
const MAX_SHOWN = 40;

const shown = (token: string) => (token.length > MAX_SHOWN ? `${token.slice(0, MAX_SHOWN).toWellFormed()}…` : token);

class Reader {
  readonly #tokens: readonly string[];
  readonly #discriminatorOf: (name: string) => string | undefined;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly string[], discriminatorOf: (name: string) => string | undefined) {
    this.#tokens = tokens;
    this.#discriminatorOf = discriminatorOf;
  }

  whole(): Combination {
    const read = this.#filter();
    const more = this.#tokens[this.#at];
    if (more !== undefined) throw new Wrong(`filter has ${shown(more)} where &, | or the end must be.`);
    return read;
  }

  #filter(): Combination {
    return grouped(
      "any",
      this.#joined("|", () => this.#both()),
    );
  }

  #both(): Combination {
    return grouped(
      "all",
      this.#joined("&", () => this.#one()),
    );
  }

  #joined(operator: string, part: () => Combination): Combination[] {
    const parts = [part()];
    while (this.#skips(operator)) parts.push(part());
    return parts;
  }

  #one(): Combination {
    if (this.#skips("!")) return { none: [this.#deeper(() => this.#one())] };
    if (this.#skips("(")) {
      const inner = this.#deeper(() => this.#filter());
      if (!this.#skips(")")) throw new Wrong("filter has an open bracket that is not closed.");
      return inner;
    }
    const name = this.#tokens[this.#at];
    if (name === undefined) throw new Wrong("filter ends where a name of segment_discriminators must be.");
    if (OPERATORS.has(name)) throw new Wrong(`filter has ${name} where a name of segment_discriminators must be.`);
    const segment = this.#discriminatorOf(name);
    if (segment === undefined)
      throw new Wrong(`filter has the name ${shown(name)}, which segment_discriminators does not have.`);
    this.#at += 1;
    return { segment };
  }

  #deeper(read: () => Combination): Combination {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new Wrong(`filter nests deeper than ${MAX_DEPTH} levels.`);
    const inner = read();
    this.#depth -= 1;
    return inner;
  }

  #skips(operator: string): boolean {
    if (this.#tokens[this.#at] !== operator) return false;
    this.#at += 1;
    return true;
  }
}

function grouped(by: "all" | "any", parts: Combination[]): Combination {
  const [only, ...more] = parts;
  if (only !== undefined && more.length === 0) return only;
  return by === "all" ? { all: parts } : { any: parts };
}
