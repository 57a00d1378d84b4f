/**
 * The records of a body, as they were sent. Those of a small body are held as values; those of a large one as texts,
 * each of which becomes a value when it is read, and only then: the values would take far more memory.
 */

// The global `Buffer` of workerd is a getter, which each use would call.
import { Buffer } from "node:buffer";
import * as z from "zod";
import type { SentItems } from "../ingest/sent-items.ts";
import type { BodyDoc } from "./route.ts";

/**
 * Up to so many bytes the values are held. The texts of more are forgotten as they are read for the last time: a write
 * that conflicts with another is not repeated then.
 */
const MAX_REPEATABLE_BYTES = 4_000_000;

export class SentRecords<Sent> implements SentItems<Sent> {
  length = 0;
  #bytes = 0;
  #values: Sent[] = [];
  #texts: (Uint8Array | null)[] | null = null;

  get isRepeatable(): boolean {
    return this.#texts === null;
  }

  /** @param value a record that was validated. @param text the JSON of it. */
  add(value: Sent, text: string): void {
    this.length += 1;
    this.#bytes += Buffer.byteLength(text);
    if (this.#texts !== null) {
      this.#texts.push(Buffer.from(text));
      return;
    }
    this.#values.push(value);
    if (this.#bytes <= MAX_REPEATABLE_BYTES) return;
    this.#texts = this.#values.map((each) => Buffer.from(JSON.stringify(each)));
    this.#values = [];
  }

  *[Symbol.iterator](): Generator<Sent, void> {
    if (this.#texts === null) yield* this.#values;
    else for (const text of this.#texts) yield parse(text) as Sent;
  }

  *finalPass(): Generator<Sent, void> {
    if (this.#texts === null) yield* this.#values;
    else
      for (const [index, text] of this.#texts.entries()) {
        this.#texts[index] = null;
        yield parse(text) as Sent;
      }
  }
}

function parse(text: Uint8Array | null): unknown {
  if (text === null) throw new Error("these records were read for the last time before");
  return JSON.parse(new TextDecoder().decode(text)) as unknown;
}

type RecordsBody<Sent> = Record<string, SentRecords<Sent>>;

/**
 * A body with one list of records, of which the operation gets SentRecords: a property that was left out is not there,
 * whatever its default. @param property the list's name.
 */
export function recordsBody<Record extends z.ZodType>(
  property: string,
  record: Record,
  maxItems: number,
): Pick<BodyDoc<RecordsBody<z.input<Record>>>, "schema" | "items"> {
  const schema = z.strictObject({ [property]: z.array(record).min(1).max(maxItems) });
  // The schema says what is sent: what the reader returns has SentRecords in the place of the list.
  return { schema: schema as unknown as z.ZodType<RecordsBody<z.input<Record>>>, items: "records" };
}
