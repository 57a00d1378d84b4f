/**
 * One queue with its consumer, as Cloudflare Queues: at least once, in no certain order, batches, delays, redelivery, a
 * dead-letter queue. The number of invocations grows by one whenever a batch ends and messages still wait, up to
 * `max_concurrency` ("Consumer concurrency": it is decided when a batch ends), and shrinks when none has waited for
 * some time.
 */

import type { Clock } from "./clock.ts";
import { tailed } from "./random.ts";
import type { ConsumerSettings } from "./wrangler.ts";

interface Message {
  id: string;
  body: unknown;
  /** How often it was delivered. */
  attempts: number;
  readyAt: number;
}

/** A batch as a queue handler gets it. */
export interface Batch {
  queue: string;
  messages: readonly {
    id: string;
    timestamp: Date;
    body: unknown;
    attempts: number;
    ack(): void;
    retry(options?: { delaySeconds?: number }): void;
  }[];
  ackAll(): void;
  retryAll(options?: { delaySeconds?: number }): void;
}

/** Runs the handler on a batch in an invocation of its own. @throws when it fails or its isolate dies. */
export type Consume = (batch: Batch) => Promise<void>;

interface QueueOptions {
  clock: Clock;
  random: () => number;
  settings: ConsumerSettings;
  consume: Consume;
  /** Receives what was tried too often; null: it is dropped. */
  deadLetter: ((body: unknown) => void) | null;
}

/** From a message's arrival to its delivery, in ms, where an invocation is free. */
const DELIVERY = { least: 20, more: 30 };
/** After an invocation that failed, its messages are delivered again. */
const REDELIVERY_MS = 1_000;
/** Without a message that had to wait, an invocation less is kept: how soon is not documented. */
const SHRINKS_AFTER_MS = 30_000;

export class SimulatedQueue {
  readonly #options: QueueOptions;
  readonly #ready: Message[] = [];
  #running = 0;
  #allowed = 1;
  /** When a message had to wait for an invocation the last time. */
  #waitedAt = 0;
  #ids = 0;
  readonly spent = {
    messages: 0,
    deliveries: 0,
    batches: 0,
    retries: 0,
    failedBatches: 0,
    deadLetters: 0,
    longest: 0,
    longestWaitMs: 0,
    mostInvocations: 0,
    /** Milliseconds that invocations ran, in sum. */
    runningMs: 0,
  };

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.settings.queue;
  }

  /** Messages that wait for an invocation. */
  get length(): number {
    return this.#ready.length;
  }

  /** @param delaySeconds before it may be delivered. */
  send(body: unknown, delaySeconds = 0): void {
    this.spent.messages += 1;
    this.#ids += 1;
    const id = `${this.name}-${this.#ids}`;
    this.#later({ id, body: structuredClone(body), attempts: 0, readyAt: 0 }, delaySeconds * 1_000);
  }

  #later(message: Message, delayMs: number): void {
    const { clock, random } = this.#options;
    const delivery = tailed(random, DELIVERY.least, DELIVERY.more);
    clock.after(delayMs + delivery, () => {
      this.#ready.push({ ...message, readyAt: clock.now });
      this.spent.longest = Math.max(this.spent.longest, this.#ready.length);
      this.#start();
    });
  }

  #start(): void {
    const { clock, settings } = this.#options;
    while (this.#running < Math.min(this.#allowed, settings.maxConcurrency) && this.#ready.length > 0) {
      const fullAt = (this.#ready[0]?.readyAt ?? 0) + settings.maxBatchTimeoutMs;
      if (this.#ready.length < settings.maxBatchSize && clock.now < fullAt) {
        clock.at(fullAt, () => this.#start());
        return;
      }
      void this.#deliver(this.#ready.splice(0, settings.maxBatchSize));
    }
    if (this.#ready.length > 0) this.#waitedAt = clock.now;
  }

  async #deliver(messages: readonly Message[]): Promise<void> {
    const { clock, consume, settings } = this.#options;
    const { spent } = this;
    this.#running += 1;
    spent.batches += 1;
    spent.deliveries += messages.length;
    spent.mostInvocations = Math.max(spent.mostInvocations, this.#running);
    for (const { readyAt } of messages) spent.longestWaitMs = Math.max(spent.longestWaitMs, clock.now - readyAt);
    const began = clock.now;
    const verdicts = new Map<Message, "ack" | number>();
    const delivered = messages.map((message) => ({ ...message, attempts: message.attempts + 1 }));
    try {
      await consume(this.#batch(delivered, verdicts));
      for (const message of delivered) {
        const verdict = verdicts.get(message) ?? "ack";
        if (verdict !== "ack") this.#retry(message, verdict * 1_000);
      }
    } catch {
      spent.failedBatches += 1;
      for (const message of delivered) if (verdicts.get(message) !== "ack") this.#retry(message, REDELIVERY_MS);
    }
    this.#running -= 1;
    spent.runningMs += clock.now - began;
    if (this.#ready.length > 0) this.#allowed = Math.min(this.#allowed + 1, settings.maxConcurrency);
    else if (clock.now - this.#waitedAt > SHRINKS_AFTER_MS) this.#allowed = Math.max(1, this.#allowed - 1);
    this.#start();
  }

  #batch(messages: readonly Message[], verdicts: Map<Message, "ack" | number>): Batch {
    // Of several verdicts on a message, the first counts.
    const decide = (message: Message, verdict: "ack" | number) => {
      if (!verdicts.has(message)) verdicts.set(message, verdict);
    };
    const decideAll = (verdict: "ack" | number) => {
      for (const message of messages) decide(message, verdict);
    };
    return {
      queue: this.name,
      messages: messages.map((message) => ({
        id: message.id,
        timestamp: new Date(message.readyAt),
        body: message.body,
        attempts: message.attempts,
        ack: () => decide(message, "ack"),
        retry: (options) => decide(message, options?.delaySeconds ?? 0),
      })),
      ackAll: () => decideAll("ack"),
      retryAll: (options) => decideAll(options?.delaySeconds ?? 0),
    };
  }

  #retry(message: Message, delayMs: number): void {
    const { settings, deadLetter } = this.#options;
    if (message.attempts > settings.maxRetries) {
      this.spent.deadLetters += 1;
      deadLetter?.(message.body);
      return;
    }
    this.spent.retries += 1;
    this.#later(message, delayMs);
  }
}
