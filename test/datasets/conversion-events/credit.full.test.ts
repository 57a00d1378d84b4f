/** Credit, case by case, as the documentation defines it. */

import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  at,
  conversion,
  credit,
  DAY_MS,
  linesOf,
  market,
  NOON,
  putPersons,
  sendTouches,
  touch,
} from "../../support/conversions.ts";
import type { Row } from "../../support/pipeline.ts";
import type { Service, Space } from "../../support/service.ts";

let service: Service;
let space: Space;

async function newSpace(): Promise<void> {
  ({ service, space } = await market(["acme", "acme", null]));
}

const SOURCES = ["google_ads", "facebook_ads", "email", "direct", "sms"];
const fields = ["amount"];
const brief = (lines: readonly Row[]) => lines.map((line) => [line["touchpoint_id"], line["amount"]]);
const ask = async (model: string, more: Record<string, unknown> = {}) =>
  brief(await linesOf(service, space, { ...credit(model, SOURCES), fields, ...more }));

const JOURNEY = [
  touch("t-1", "direct", NOON - 4_000),
  touch("t-2", "google_ads", NOON - 3_000),
  touch("t-3", "email", NOON - 2_000),
  touch("t-4", "facebook_ads", NOON - 1_000),
];

describe("a conversion of $100 after four touchpoints", () => {
  beforeAll(async () => {
    await newSpace();
    await service.send(space, [conversion("e-1")]);
    await sendTouches(service, space, JOURNEY);
  });

  it("fact 2.a.21: gives four lines of $25", async () => {
    expect(await ask("linear")).toEqual([
      ["t-1", 25],
      ["t-2", 25],
      ["t-3", 25],
      ["t-4", 25],
    ]);
  });

  it.each([
    ["first_touch", "t-1"],
    ["last_touch", "t-4"],
    ["first_platform_touch", "t-2"],
    ["last_platform_touch", "t-4"],
    ["last_non_direct_touch", "t-4"],
  ])("fact 2.a.21: gives one line by %s", async (model, touchpoint) => {
    expect(await ask(model)).toEqual([[touchpoint, 100]]);
  });

  it("fact 2.a.8: gives paid touchpoints alone by linear_paid, and 40, 20 and 40 by u_shaped", async () => {
    expect(await ask("linear_paid")).toEqual([
      ["t-2", 50],
      ["t-4", 50],
    ]);
    expect(await ask("u_shaped")).toEqual([
      ["t-1", 40],
      ["t-2", 10],
      ["t-3", 10],
      ["t-4", 40],
    ]);
  });

  it("fact 2.a.14: keeps the share that a touchpoint got, also when other touchpoints are left out", async () => {
    expect(await ask("linear", { sources: ["email"] })).toEqual([["t-3", 25]]);
    expect(await ask("last_touch", { sources: ["email"] })).toEqual([]);
  });

  it("fact 2.a.11: has the touchpoint after the time, and its source before the first field of ads", async () => {
    const [plain] = await linesOf(service, space, credit("last_touch", SOURCES));
    expect(Object.keys(plain ?? {})).toEqual(["id", "event_time_utc", "touchpoint_id"]);
    const [line] = await linesOf(service, space, { ...credit("last_touch", SOURCES), fields: ["amount", "ad_name"] });
    expect(Object.entries(line ?? {})).toEqual([
      ["id", "e-1"],
      ["event_time_utc", at(NOON)],
      ["touchpoint_id", "t-4"],
      ["source", "facebook_ads"],
      ["amount", 100],
      ["ad_name", null],
    ]);
  });
});

describe("a conversion", () => {
  beforeEach(newSpace);

  it("fact 2.a.9: 0 days are a whole life, one day is 24 hours to the millisecond", async () => {
    await service.send(space, [conversion("e-1")]);
    await sendTouches(service, space, [
      ...JOURNEY,
      touch("old", "sms", NOON - 10_000 * DAY_MS),
      touch("day", "sms", NOON - DAY_MS),
      touch("out", "sms", NOON - DAY_MS - 1),
      touch("now", "sms", NOON),
      touch("late", "sms", NOON + 1),
    ]);
    const ids = async (days: number) => (await ask("linear", { attribution_window: days })).map(([id]) => id);
    expect(await ids(0)).toEqual(["old", "out", "day", "t-1", "t-2", "t-3", "t-4", "now"]);
    expect(await ids(1)).toEqual(["day", "t-1", "t-2", "t-3", "t-4", "now"]);
  });

  it("without touchpoints, or with none that the model credits, has no line", async () => {
    await service.send(space, [conversion("e-1"), conversion("e-2", { person_id: "p-2" })]);
    await sendTouches(service, space, [touch("t-1", "email", NOON - 1)]);
    expect(await ask("linear_paid")).toEqual([]);
    expect(await ask("last_touch")).toEqual([["t-1", 100]]);
  });

  it("of a person who came directly alone is credited to the last of those visits", async () => {
    await service.send(space, [conversion("e-1")]);
    await sendTouches(service, space, [
      touch("t-1", "direct", NOON - 3),
      touch("t-2", "direct", NOON - 2),
      touch("t-3", "direct", NOON + 1),
    ]);
    expect(await ask("last_non_direct_touch")).toEqual([["t-2", 100]]);
  });

  it("of 0, or of less than there are touchpoints, keeps the lines that get nothing", async () => {
    await sendTouches(service, space, JOURNEY.slice(0, 3));
    await service.send(space, [
      conversion("e-1", { properties: { amount: 0.02 } }),
      conversion("e-2", { properties: { amount: 0 } }),
      conversion("e-3", { properties: {} }),
    ]);
    const amounts = (await ask("linear")).map(([, amount]) => amount);
    expect(amounts).toEqual([0.01, 0.01, 0, 0, 0, 0, null, null, null]);
  });
});

describe("at the level of companies", () => {
  beforeEach(newSpace);

  const touches = ["p-1", "p-2", "p-3"].map((person_id, n) =>
    touch(`t-${n + 1}`, "email", NOON - 10 + n, { person_id }),
  );

  it("the touchpoints of all people of the event's company count", async () => {
    await sendTouches(service, space, touches);
    await service.send(space, [conversion("e-1")]);
    expect(await ask("linear", { level: "company" })).toEqual([
      ["t-1", 50],
      ["t-2", 50],
    ]);
    expect(await ask("linear")).toEqual([["t-1", 100]]);
  });

  it("an event without a company has its person's touchpoints", async () => {
    await sendTouches(service, space, touches);
    await service.send(space, [conversion("e-1", { person_id: "p-3" })]);
    for (const model of ["linear", "first_touch"])
      expect(await ask(model, { level: "company" })).toEqual([["t-3", 100]]);
  });

  it("the company is the event's own, else its person's when it came in", async () => {
    await sendTouches(service, space, touches);
    await service.send(space, [
      conversion("own", { person_id: "p-3", company_id: "acme" }),
      conversion("then", { occurred_at: at(NOON + 1) }),
    ]);
    const key = space.key;
    const profiles = [{ person_id: "p-1", company_id: "globex" }];
    await service.json("PUT", "/v1/profiles", 200, { key, body: { profiles } });
    await service.send(space, [conversion("later", { occurred_at: at(NOON + 2) })]);
    const lines = await linesOf(service, space, {
      ...credit("linear", SOURCES),
      level: "company",
      fields: ["company_id"],
    });
    expect(lines.map((line) => [line["id"], line["company_id"], line["touchpoint_id"]])).toEqual([
      ["own", "acme", "t-2"],
      ["then", "acme", "t-2"],
      ["later", "globex", "t-1"],
    ]);
  });

  it("another space's company of that name is another company", async () => {
    const other = await service.space();
    await putPersons(service, other, ["acme"]);
    await sendTouches(service, other, [touch("theirs", "email", NOON - 1)]);
    await sendTouches(service, space, [touch("ours", "email", NOON - 2)]);
    await service.send(space, [conversion("e-1")]);
    for (const model of ["linear", "last_touch"])
      expect(await ask(model, { level: "company" })).toEqual([["ours", 100]]);
  });
});
