/**
 * Examples are written as of one day, and are shown as of today: a request with an old window would be refused, because
 * spaces keep events for a limited time.
 */

import { DAY_MS } from "../time/durations.ts";

/** The day after the last one that the examples name. */
const WRITTEN_AS_OF = Date.UTC(2026, 0, 16);

/** A day, also as a part of a time or, in digits, of a file's name. */
const DAY = /\b(20\d\d)-(\d\d)-(\d\d)(?=T|\b)|\b(20\d\d)(\d\d)(\d\d)(?=\d{9}\b)/g;

/** Milliseconds of whole days, so that examples change once a day. */
export const dayOfExamples = (now: number): number => now - (now % DAY_MS);

/** Moves the days in every `example` and in the `examples` of a document. @param today see `dayOfExamples`. */
export function withCurrentExamples<Document>(document: Document, today: number): Document {
  return JSON.parse(
    JSON.stringify(document, (key, value: unknown) => (isExample(key) ? moved(value, today) : value)),
  ) as Document;
}

const isExample = (key: string) => key === "example" || key === "examples";

function moved(value: unknown, today: number): unknown {
  if (value === undefined) return value;
  const text = JSON.stringify(value).replaceAll(DAY, (day) => {
    const parts = /(\d{4})(-?)(\d\d)-?(\d\d)/.exec(day) ?? [];
    const written = Date.UTC(Number(parts[1]), Number(parts[3]) - 1, Number(parts[4]));
    const shown = new Date(written + today - WRITTEN_AS_OF).toISOString().slice(0, 10);
    return shown.replaceAll("-", parts[2] ?? "");
  });
  return JSON.parse(text);
}
