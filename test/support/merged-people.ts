/**
 * Two spaces with the same rows: in one they are of several people until these are merged, in the other of one person
 * from the start.
 */

import { conversion, HOUR_MS, DAY_MS, NOON, touch } from "./conversions.ts";
import { roomyService } from "./pipeline.ts";
import { orders, type Service, type Space, START } from "./service.ts";
import { at } from "./walk.ts";

/** Of one person: the ids under which the rows of the first space are sent. */
const NAMES = ["p-1", "a", "b"] as const;

export const SOURCES = ["google_ads", "facebook_ads", "email", "direct"];

/** What has all rows. */
export const WINDOW = { start: at(NOON - DAY_MS), end: at(START) };

export class Twins {
  readonly service: Service;
  readonly apart: Space;
  readonly one: Space;

  private constructor(service: Service, apart: Space, one: Space) {
    this.service = service;
    this.apart = apart;
    this.one = one;
  }

  static async open(): Promise<Twins> {
    const service = roomyService();
    const twins = new Twins(service, await service.shop(), await service.shop());
    await twins.#begin();
    return twins;
  }

  send(space: Space, method: string, path: string, body: unknown, status = 202): Promise<unknown> {
    return this.service.json(method, path, status, { key: space.key, body });
  }

  put(space: Space, ...profiles: Record<string, unknown>[]): Promise<unknown> {
    return this.send(space, "PUT", "/v1/profiles", { profiles }, 200);
  }

  /** b into a, and then a into p-1: b is p-1 by a chain. */
  async mergeAll(): Promise<void> {
    await this.put(this.apart, { person_id: "a", identifiers: { custom_id: null } });
    await this.send(this.apart, "POST", "/v1/profiles/merge", { from: "b", into: "a" }, 200);
    await this.send(this.apart, "POST", "/v1/profiles/merge", { from: "a", into: "p-1" }, 200);
  }

  async #begin(): Promise<void> {
    const { apart, one } = this;
    for (const space of [apart, one]) {
      await this.put(space, { person_id: "p-9", company_id: "acme" });
      await this.send(space, "PUT", "/v1/tags/vip", { name: "VIP" }, 200);
      const none = [{ event: "order_placed", at_least: 13 }];
      const rule = { all: [{ event: "order_placed", at_least: 12 }, { none }] };
      await this.send(space, "PUT", "/v1/segments/all-orders", { name: "All", rule }, 200);
    }
    const whole = { attributes: { tier: "gold" }, tags: ["vip"], identifiers: { custom_id: "C-1" } };
    const { attributes, tags, identifiers } = whole;
    await this.put(one, { person_id: "p-1", ...whole });
    await this.put(
      apart,
      { person_id: "p-1" },
      { person_id: "a", external_person_id: "CRM-A", attributes, identifiers: { custom_id: "C-A" } },
      { person_id: "b", tags, identifiers, attributes },
    );
    await this.#fill(apart, (n) => NAMES[n % NAMES.length] ?? "");
    await this.#fill(one, () => "p-1");
    // After the events: half of the conversions have no company, and their journeys are the person's at both levels.
    for (const space of [apart, one]) await this.put(space, { person_id: "p-1", company_id: "acme" });
  }

  /** @param nameOf the person of the nth row. */
  async #fill(space: Space, nameOf: (n: number) => string): Promise<void> {
    const sent = orders(12, NOON).map((event, n) => ({ ...event, person_id: nameOf(n) }));
    const bought = Array.from({ length: 6 }, (_, n) =>
      conversion(`c-${n}`, {
        person_id: nameOf(n + 1),
        occurred_at: at(NOON + n),
        properties: { amount: 100 + n },
        ...(n % 2 === 0 ? { company_id: "acme" } : {}),
      }),
    );
    await this.send(space, "POST", "/v1/events", { events: [...sent, ...bought] });
    // Of each source several people have touchpoints, in turns; the last one of all is of another one of the company.
    const touches = SOURCES.flatMap((source, kind) =>
      Array.from({ length: 5 }, (_, n) =>
        touch(`t-${kind}-${n}`, source, NOON - HOUR_MS * (kind + 4 * n), { person_id: nameOf(n + kind) }),
      ),
    );
    const other = touch("t-other", "email", NOON - 1, { person_id: "p-9" });
    await this.send(space, "POST", "/v1/touchpoints", { touchpoints: [...touches, other] });
    const reached = Array.from({ length: 4 }, (_, n) => ({
      id: `r-${n}`,
      person_id: nameOf(n),
      channel: "SMS",
      timestamp: at(NOON + n),
      reasons: ["PHONE_NUMBER_ADDED"],
      has_phone_number: true,
      sms_marketing: "subscribed",
    }));
    await this.send(space, "POST", "/v1/reachability-events", { events: reached });
  }
}
