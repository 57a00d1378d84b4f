/**
 * Clients that write into one space at the same time: events, and external ids of the people in these events. The
 * writes are seeded, and the test paces them with `startRound`, so that the writers never outrun the exports beside
 * them.
 */

import { between, dice, pick } from "./random.ts";
import type { Service, Space } from "./service.ts";

/** When a call was sent and answered: each is a tick of one counter for the whole run. */
export interface Timed {
  sent: number;
  answered: number;
}

/** The new ids that one call wrote. */
export interface Write extends Timed {
  eventIds: string[];
  externalIds: string[];
}

export class ConcurrentWriters {
  readonly persons: readonly string[] = Array.from({ length: 12 }, (_, n) => `person-${n}`);
  readonly writes: Write[] = [];
  readonly #service: Service;
  readonly #space: Space;
  /** Events occur from `start` to `end`, epoch ms. */
  readonly #window: { start: number; end: number };
  #ticks = 0;
  #round = Promise.withResolvers<void>();
  #isRunning = true;

  constructor(service: Service, space: Space, window: { start: number; end: number }) {
    this.#service = service;
    this.#space = space;
    this.#window = window;
  }

  /** Creates the people. */
  async createPeople(): Promise<void> {
    await this.#merge(this.persons.map((person_id) => ({ person_id, external_person_id: `first-${person_id}` })));
  }

  /** Makes a call, and returns when it was sent and answered. */
  async timed<Answer>(make: () => Promise<Answer>): Promise<Timed & { answer: Answer }> {
    const sent = (this.#ticks += 1);
    const answer = await make();
    return { sent, answer, answered: (this.#ticks += 1) };
  }

  /** Lets about half of the writers write once. */
  startRound(): void {
    this.#round.resolve();
    this.#round = Promise.withResolvers<void>();
  }

  stop(): void {
    this.#isRunning = false;
    this.startRound();
  }

  /**
   * One writer, until `stop`: mostly events at random times, some of them sent before; otherwise a person's new
   * external id.
   */
  async write(writer: number): Promise<void> {
    const roll = dice(writer);
    const known: string[] = [];
    for (let round = 0; this.#isRunning; round += 1) {
      // `stop` may have been called while this writer was in a call.
      await this.#round.promise;
      if (!this.#isRunning) return;
      if (roll() < 0.5) continue;
      const eventIds =
        roll() < 0.6 ? Array.from({ length: between(roll, 1, 5) }, (_, n) => `${writer}-${round}-${n}`) : [];
      if (eventIds.length > 0) {
        const again = known.length > 0 && roll() < 0.3 ? [pick(roll, known)] : [];
        known.push(...eventIds);
        const events = [...eventIds, ...again].map((id) => this.#event(roll, id));
        this.writes.push({
          ...(await this.timed(() => this.#service.send(this.#space, events))),
          eventIds,
          externalIds: [],
        });
      } else {
        const external = roll() < 0.2 ? null : `CRM-${writer}-${round}`;
        const profiles = [{ person_id: pick(roll, this.persons), external_person_id: external }];
        const externalIds = external === null ? [] : [external];
        this.writes.push({ ...(await this.timed(() => this.#merge(profiles))), eventIds, externalIds });
      }
    }
  }

  /** Of `order_placed`; now and then outside of the window. */
  #event(roll: () => number, id: string): Record<string, unknown> {
    const { start, end } = this.#window;
    return {
      id,
      definition_id: "order_placed",
      person_id: pick(roll, this.persons),
      occurred_at: new Date(between(roll, start - 100_000, end + 100_000)).toISOString(),
      properties: { order_id: `A-${id}`, amount: roll() },
    };
  }

  async #merge(profiles: readonly Record<string, unknown>[]): Promise<void> {
    await this.#service.json("PUT", "/v1/profiles", 200, { key: this.#space.key, body: { profiles } });
  }
}
