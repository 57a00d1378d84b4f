/**
 * The records of a large body, held as their texts. A record becomes a value when it is read, and only then, so that a
 * call of many records never holds the values of all of them.
 */

import * as z from "zod";
import type { SentItems } from "../ingest/sent-items.ts";
import type { BodyDoc } from "./route.ts";

/** Larger lists are not held until they are written: a write that conflicts with another is not repeated then. */
const MAX_REPEATABLE_BYTES = 4_000_000;

export class SentRecords<Sent> implements SentItems<Sent> {
  readonly #record: z.ZodType<Sent>;
  readonly #texts: (Uint8Array | null)[] = [];
  #bytes = 0;

  /** @param record validates a record, and fills in its defaults. */
  constructor(record: z.ZodType<Sent>) {
    this.#record = record;
  }

  get length(): number {
    return this.#texts.length;
  }

  get isRepeatable(): boolean {
    return this.#bytes <= MAX_REPEATABLE_BYTES;
  }

  /** @param text JSON of a record that was validated. */
  add(text: string): void {
    const bytes = Buffer.from(text);
    this.#bytes += bytes.byteLength;
    this.#texts.push(bytes);
  }

  *[Symbol.iterator](): Generator<Sent, void> {
    for (const text of this.#texts) yield this.#parse(text);
  }

  *finalPass(): Generator<Sent, void> {
    for (const [index, text] of this.#texts.entries()) {
      if (!this.isRepeatable) this.#texts[index] = null;
      yield this.#parse(text);
    }
  }

  #parse(text: Uint8Array | null): Sent {
    if (text === null) throw new Error("these records were read for the last time before");
    return this.#record.parse(JSON.parse(new TextDecoder().decode(text)));
  }
}

type RecordsBody<Sent> = Record<string, SentRecords<Sent>>;

/** A body with one list of records, of which the operation gets SentRecords. @param property the list's name. */
export function recordsBody<Sent>(
  property: string,
  record: z.ZodType<Sent>,
  maxItems: number,
): Pick<BodyDoc<RecordsBody<Sent>>, "schema" | "items"> {
  const schema = z.strictObject({ [property]: z.array(record).min(1).max(maxItems) });
  // The schema says what is sent: what the reader returns has SentRecords in the place of the list.
  return { schema: schema as unknown as z.ZodType<RecordsBody<Sent>>, items: "texts" };
}
