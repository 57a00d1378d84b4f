/**
 * A queue that promises no more than the platform's: each message at least once, at some time, in any order; tried a
 * number of times, and then handed to the dead-letter queue.
 */

import type { Message, WebhookMessage } from "../../../src/context.ts";
import { MAX_ATTEMPTS } from "../../../src/export/pipeline/backoff.ts";
import type { Verdict } from "../../../src/export/pipeline/run.ts";

export type Letter = { attempts: number; visibleAt: number } & (
  | { queue: "exports"; body: Message }
  | { queue: "dead"; body: Message }
  | { queue: "webhooks"; body: WebhookMessage }
);

/** Tries of a webhook's wake-up, and of a dead letter: `max_retries` in wrangler.toml, and the first. */
const MAX_TRIES = { exports: MAX_ATTEMPTS, dead: 9, webhooks: 4 };
const AGAIN_AFTER_MS = 1_000;

export class Queue {
  #letters: Letter[] = [];

  get length(): number {
    return this.#letters.length;
  }

  put(letter: Letter): void {
    this.#letters.push(letter);
  }

  visible(now: number): Letter[] {
    return this.#letters.filter((letter) => letter.visibleAt <= now);
  }

  /** When the next message becomes visible, or null when there is none. */
  get nextAt(): number | null {
    return this.#letters.length === 0 ? null : Math.min(...this.#letters.map((letter) => letter.visibleAt));
  }

  /** Delivers a message to a consumer; it is invisible to others until its verdict. */
  take(letter: Letter): void {
    this.#letters = this.#letters.filter((each) => each !== letter);
  }

  /** The consumer's answer. */
  settle(letter: Letter, verdict: Verdict, now: number): void {
    if (verdict !== "ack") this.#again(letter, now + verdict.retryInSeconds * 1000);
  }

  /** The consumer sent no verdict: it threw or crashed. */
  unanswered(letter: Letter, now: number): void {
    this.#again(letter, now + AGAIN_AFTER_MS);
  }

  #again(letter: Letter, visibleAt: number): void {
    if (letter.attempts < MAX_TRIES[letter.queue]) {
      this.put({ ...letter, attempts: letter.attempts + 1, visibleAt });
      return;
    }
    if (letter.queue === "exports") this.put({ queue: "dead", body: letter.body, attempts: 1, visibleAt });
  }
}
