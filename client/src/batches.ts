/** Sends any number of records in calls of bounded size, several at once. */

/** Records in a call: what the service takes at most. */
export const MAX_RECORDS = 5_000;
/**
 * A character is at most three bytes of UTF-8, so that a body stays below the 15,728,640 bytes that a call may have.
 */
const MAX_CHARACTERS = 5_000_000;

export interface Accepted {
  accepted: number;
  duplicates: number;
}

export interface SendOptions {
  /** Records in a call: at most 5,000, which is the default. */
  batch?: number;
  /** Calls at once: 1 by default. */
  concurrency?: number;
  /** Called after each call with the number of records sent so far, duplicates included. */
  onBatch?: (sent: number) => void;
  /** Ends the sending: what was sent before stays. */
  signal?: AbortSignal;
}

/** Sends records, read as they are needed. @param post sends one NDJSON body. @returns the sums of all calls. */
export async function sendInBatches<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  post: (ndjson: string) => Promise<Accepted>,
  { batch = MAX_RECORDS, concurrency = 1, onBatch }: SendOptions,
  prepare: (item: Item) => Item = (item) => item,
): Promise<Accepted> {
  const totals: Accepted = { accepted: 0, duplicates: 0 };
  const bodies = bodiesOf(items, batch, prepare);
  const state = { failed: false };
  const send = async (): Promise<void> => {
    try {
      // An async generator queues the senders' requests, so that each body goes once.
      for (let next = await bodies.next(); !next.done && !state.failed; next = await bodies.next()) {
        const { accepted, duplicates } = await post(next.value);
        totals.accepted += accepted;
        totals.duplicates += duplicates;
        onBatch?.(totals.accepted + totals.duplicates);
      }
    } catch (error) {
      state.failed = true;
      throw error;
    }
  };
  const senders = await Promise.allSettled(Array.from({ length: concurrency }, send));
  await bodies.return();
  for (const sender of senders) if (sender.status === "rejected") throw sender.reason;
  return totals;
}

/** NDJSON bodies within both bounds. */
async function* bodiesOf<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  maxRecords: number,
  prepare: (item: Item) => Item,
): AsyncGenerator<string, void> {
  const body = new Body(maxRecords);
  // A loop without `await` for each record: records are many, and most sources are synchronous.
  if (Symbol.iterator in items) {
    for (const item of items) {
      const full = body.add(JSON.stringify(prepare(item)));
      if (full !== null) yield full;
    }
  } else {
    for await (const item of items) {
      const full = body.add(JSON.stringify(prepare(item)));
      if (full !== null) yield full;
    }
  }
  const rest = body.take();
  if (rest !== null) yield rest;
}

class Body {
  readonly #maxRecords: number;
  #lines: string[] = [];
  #characters = 0;

  constructor(maxRecords: number) {
    this.#maxRecords = maxRecords;
  }

  /** @returns the body of the lines before, where this line has no room beside them. */
  add(line: string): string | null {
    const isFull = this.#lines.length >= this.#maxRecords || this.#characters + line.length > MAX_CHARACTERS;
    const full = isFull ? this.take() : null;
    this.#lines.push(line);
    this.#characters += line.length + 1;
    return full;
  }

  take(): string | null {
    if (this.#lines.length === 0) return null;
    const body = this.#lines.join("\n");
    this.#lines = [];
    this.#characters = 0;
    return body;
  }
}
