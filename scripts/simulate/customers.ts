/** The customers of a simulation: they create spaces, exports and schedules over HTTP, and repeat what is refused. */

import type { Clock } from "./clock.ts";
import { RECEIVER } from "./network.ts";
import { ADMIN_TOKEN, type Production } from "./production.ts";
import { tailed } from "./random.ts";

export interface Space {
  id: string;
  key: string;
}

/** An export that a customer asked for, or that a schedule made. */
export interface Asked {
  id: string;
  spaceId: string;
  /** When the customer first asked for it, epoch ms. */
  askedAt: number;
  group: string;
}

/** Between a customer and the Worker, one way. */
const TRIP = { least: 10, more: 10 };
/** A call that is answered 409, 429 or 503 is repeated with the same idempotency key. */
const MAX_TRIES = 1_000;
const RETRY_MS = 5_000;

export class Customers {
  readonly #production: Production;
  readonly #clock: Clock;
  readonly asked: Asked[] = [];
  /** Calls that were answered 409, 429 or 503. */
  refused = 0;
  #calls = 0;

  constructor(production: Production) {
    this.#production = production;
    this.#clock = production.clock;
  }

  /** New spaces, a few at once. @param homeOf the home of the nth; undefined: the service chooses. */
  async createSpaces(count: number, homeOf: (n: number) => string | undefined = () => undefined): Promise<Space[]> {
    const spaces: Space[] = [];
    const width = 20;
    for (let from = 0; from < count; from += width) {
      const numbers = Array.from({ length: Math.min(width, count - from) }, (_, index) => from + index);
      const answers = numbers.map((number) =>
        this.#post("/v1/spaces", ADMIN_TOKEN, {
          name: `Space ${number}`,
          timezone: "UTC",
          home: homeOf(number),
        }),
      );
      for (const { id, api_key: key } of (await Promise.all(answers)) as { id: string; api_key: string }[])
        spaces.push({ id, key });
    }
    return spaces;
  }

  /** @param group the name under which the report has it. @param webhook also asks for one at the export's end. */
  async createExport(space: Space, rows: number, group: string, webhook = true): Promise<void> {
    const askedAt = this.#clock.now;
    const callback = webhook ? { callback_url: RECEIVER } : {};
    const request = { dataset: "simulated_events", rows, delivery: { type: "download" }, ...callback };
    const { id } = (await this.#post("/v1/exports", space.key, request)) as { id: string };
    this.asked.push({ id, spaceId: space.id, askedAt, group });
  }

  /** @param cron in UTC. */
  async createSchedule(space: Space, cron: string, rows: number): Promise<void> {
    const request = { dataset: "simulated_events", rows, callback_url: RECEIVER, delivery: { type: "download" } };
    await this.#post("/v1/schedules", space.key, { name: "Nightly", cron, timezone: "UTC", request });
  }

  /** A call after some time. */
  async later(afterMs: number, call: () => Promise<void>): Promise<void> {
    await this.#clock.wait(afterMs);
    await call();
  }

  async #post(path: string, token: string, body: object): Promise<unknown> {
    const { random } = this.#production;
    this.#calls += 1;
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "idempotency-key": `call-${this.#calls}`,
      "cf-connecting-ip": "203.0.113.1",
    };
    for (let attempt = 1; ; attempt += 1) {
      await this.#clock.wait(tailed(random, TRIP.least, TRIP.more));
      const sent = new Request(`https://spillway.example${path}`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
      const answer = await this.#production.fetch(sent);
      const text = await answer.text();
      await this.#clock.wait(tailed(random, TRIP.least, TRIP.more));
      if (answer.ok) return JSON.parse(text) as unknown;
      // 409: the call before is still under way, as far as the service knows.
      if ((answer.status !== 429 && answer.status !== 409 && answer.status < 500) || attempt === MAX_TRIES)
        throw new Error(`POST ${path} was answered ${answer.status}: ${text}`);
      this.refused += 1;
      const seconds = Number(answer.headers.get("retry-after") ?? Number.NaN);
      await this.#clock.wait(Number.isNaN(seconds) ? RETRY_MS : seconds * 1_000);
    }
  }
}
