/** The real D1, with the size of each of its answers. */

export interface AnswerSize {
  /** UTF-8 bytes of all texts in the answer. */
  bytes: number;
  /** UTF-8 bytes of its longest text. */
  longest: number;
}

/**
 * @param maxBytes of a text: an answer with a longer one fails as D1 fails it, which the local D1 does not.
 * @returns a D1 that answers as the given one does, and the sizes of its answers so far, in order.
 */
export function withAnswerSizes(real: D1Database, maxBytes = Infinity): { d1: D1Database; answers: AnswerSize[] } {
  const answers: AnswerSize[] = [];
  const watch = (prepared: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(prepared, {
      get(target, name) {
        if (name === "bind") return (...values: unknown[]) => watch(target.bind(...values));
        if (name === "all")
          return async () => {
            const result = await target.all();
            const size = sizeOf(result.results);
            answers.push(size);
            if (size.longest >= maxBytes) throw new Error("D1_ERROR: string or blob too big: SQLITE_TOOBIG");
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

function sizeOf(rows: readonly Record<string, unknown>[]): AnswerSize {
  const texts = rows.flatMap((row) => Object.values(row)).filter((value) => typeof value === "string");
  const sizes = texts.map((text) => Buffer.byteLength(text));
  return { bytes: sizes.reduce((sum, size) => sum + size, 0), longest: Math.max(0, ...sizes) };
}
