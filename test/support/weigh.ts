/** The real D1, with a scale: how much each of its answers weighed. */

export interface Weight {
  /** UTF-8 bytes of all texts in the answer. */
  bytes: number;
  /** UTF-8 bytes of its longest text. */
  longest: number;
}

/**
 * @param most bytes of a text: an answer with a longer one is refused, as D1 refuses it and its local stand-in does not.
 * @returns a D1 that answers as the given one does, and the weights of its answers so far, in order.
 */
export function weighed(real: D1Database, most = Infinity): { d1: D1Database; answers: Weight[] } {
  const answers: Weight[] = [];
  const watch = (prepared: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(prepared, {
      get(target, name) {
        if (name === "bind") return (...values: unknown[]) => watch(target.bind(...values));
        if (name === "all")
          return async () => {
            const result = await target.all();
            const weight = weigh(result.results);
            answers.push(weight);
            if (weight.longest >= most) throw new Error("D1_ERROR: string or blob too big: SQLITE_TOOBIG");
            return result;
          };
        return Reflect.get(target, name, target);
      },
    });
  const d1 = new Proxy(real, {
    get(target, name) {
      return name === "prepare" ? (sql: string) => watch(target.prepare(sql)) : Reflect.get(target, name, target);
    },
  });
  return { d1, answers };
}

function weigh(rows: readonly Record<string, unknown>[]): Weight {
  const texts = rows.flatMap((row) => Object.values(row)).filter((value) => typeof value === "string");
  const sizes = texts.map((text) => Buffer.byteLength(text));
  return { bytes: sizes.reduce((sum, size) => sum + size, 0), longest: Math.max(0, ...sizes) };
}
