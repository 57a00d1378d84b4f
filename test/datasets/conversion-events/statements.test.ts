/** Cost of a day's journeys: one query per page of events, for any number of events and persons. */

import { expect, it } from "vitest";
import {
  at,
  conversion,
  credit,
  DAY_MS,
  exported,
  market,
  NOON,
  sendTouches,
  touch,
} from "../../support/conversions.ts";

const EVENTS = 1_000;
const SOURCES = ["email", "google_ads"];

it.each(["linear", "last_touch"])(
  "the journeys of 1,000 events take as many statements by %s as that of one",
  async (model) => {
    const { service, space } = await market(Array.from({ length: EVENTS }, (_, n) => `c-${n >> 2}`));
    const persons = Array.from({ length: EVENTS }, (_, n) => `p-${n + 1}`);
    await sendTouches(
      service,
      space,
      persons.flatMap((person_id, n) => [
        touch(`t-${n}`, "email", NOON - 2 - n, { person_id }),
        touch(`u-${n}`, "google_ads", NOON - 1 - n, { person_id }),
      ]),
    );
    await service.send(space, [
      ...persons.map((person_id, n) => conversion(`e-${n}`, { person_id, occurred_at: at(NOON + n) })),
      conversion("alone", { occurred_at: at(NOON - DAY_MS) }),
    ]);
    const cost = async (level: string, date: string) => {
      const before = service.meter.statements;
      const { progress } = await exported(service, space, { ...credit(model, SOURCES), level, date });
      return { lines: progress.rows_total, statements: service.meter.statements - before };
    };
    const one = await cost("profile", "2026-02-27");
    const many = await cost("profile", "2026-02-28");
    expect(many.lines).toBe(model === "linear" ? 2 * EVENTS : EVENTS);
    // Events come 500 in the first page and the rest in a second: a read and a journey more.
    expect(many.statements - one.statements).toBeLessThanOrEqual(3);
    const companies = await cost("company", "2026-02-28");
    // A step reads 250 of them: each takes a few statements of its own.
    expect(companies.statements - one.statements).toBeLessThanOrEqual(32);
  },
);
