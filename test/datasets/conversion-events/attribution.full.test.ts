/**
 * Credit from the touchpoints that were sent to the lines of the file, against a second attribution that is slow and
 * plain.
 */

import { beforeAll, describe, expect, it } from "vitest";
import { at, credit, DAY_MS, exported, market, NOON, sendTouches } from "../../support/conversions.ts";
import { type Bought, naiveLines, type Question, type Touched, type World } from "../../support/naive-attribution.ts";
import { textOf } from "../../support/pipeline.ts";
import { between, dice, pick } from "../../support/random.ts";
import type { Service, Space } from "../../support/service.ts";

const MODELS = [
  "linear",
  "u_shaped",
  "linear_paid",
  "first_touch",
  "last_touch",
  "first_platform_touch",
  "last_platform_touch",
  "last_non_direct_touch",
];
const WINDOWS = [0, 1, 7, 14, 30, 60, 90];
const SOURCES = ["google_ads", "facebook_ads", "x_ads", "email", "g2", "ai_claude", "bing_organic", "direct", "sms"];
const COMPANIES = ["acme", "acme", "globex", null, "acme"];
/** UTF-16 puts the third of them before the second, UTF-8 does not. */
const PREFIXES = ["z", "\uff5a", "\u{1f600}", "Z", "é"];
const AMOUNTS: [amount: number | null, units: bigint, scale: number][] = [
  [100, 10_000n, 2],
  [19.9, 1_990n, 2],
  [0.125, 125n, 3],
  [-10, -1_000n, 2],
  [0, 0n, 2],
  [null, 0n, 2],
  [1e-7, 1n, 7],
  [12_345_678_901.23, 1_234_567_890_123n, 2],
  [0.05, 5n, 2],
];

let service: Service;
let space: Space;
let runtime: World;

/** Persons of two companies and of none, events of their own company, of another and of none, and ties everywhere. */
function thrown(seed: number): World {
  const roll = dice(seed);
  const persons = COMPANIES.map((_, n) => `p-${n + 1}`);
  const companyOf = new Map(persons.map((person, n) => [person, COMPANIES[n] ?? null]));
  const times = Array.from({ length: 8 }, () => NOON + between(roll, -40_000_000, 40_000_000));
  const events = Array.from({ length: 27 }, (_, n): Bought => {
    const person = pick(roll, persons);
    const [amount, units, scale] = AMOUNTS[n % AMOUNTS.length] ?? [null, 0n, 2];
    return {
      id: `${pick(roll, PREFIXES)}${n}`,
      person,
      company: pick(roll, [null, null, "acme", "globex"]) ?? companyOf.get(person) ?? null,
      time: pick(roll, times),
      amount: amount === null ? null : { text: String(amount), units, scale },
    };
  });
  const offsets = [0, 0, 1, -1, -1_000, -5_000_000, ...WINDOWS.flatMap((days) => [-days * DAY_MS, -days * DAY_MS - 1])];
  const touches = Array.from({ length: 110 }, (_, n): Touched => {
    // The last person has been here directly, and no other way.
    const person = pick(roll, persons);
    const source = person === "p-5" ? "direct" : pick(roll, SOURCES);
    return { id: `${pick(roll, PREFIXES)}t${n}`, person, time: pick(roll, times) + pick(roll, offsets), source };
  });
  return { events, touches, companyOf };
}

beforeAll(async () => {
  ({ service, space } = await market(COMPANIES));
  runtime = thrown(20_260_228);
  // In the order in which they were thrown: what is in the file is ordered all the same.
  await service.send(
    space,
    runtime.events.map(({ id, person, company, time, amount }) => ({
      id,
      person_id: person,
      ...(company === runtime.companyOf.get(person) ? {} : { company_id: company }),
      definition_id: "purchase",
      occurred_at: at(time),
      properties: amount === null ? {} : { amount: Number(amount.text) },
    })),
  );
  await sendTouches(
    service,
    space,
    runtime.touches.map(({ id, person, time, source }) => ({ id, person_id: person, occurred_at: at(time), source })),
  );
});

async function exportedLines({ models, days, level, sources, named }: Question): Promise<string[]> {
  const model = named ? models : (models[0] ?? "");
  const request = { ...credit(model, sources, { attribution_window: days }), level, fields: ["source", "amount"] };
  return (await textOf(service, await exported(service, space, request))).split("\n").slice(0, -1);
}

describe.each(["profile", "company"] as const)("at the level %s", (level) => {
  it.each(WINDOWS)("all models give the expected credit, within a window of %i days", async (days) => {
    const question = { models: MODELS, days, level, sources: SOURCES, named: true };
    const naive = naiveLines(runtime, question);
    expect(naive.length).toBeGreaterThan(50);
    expect(await exportedLines(question)).toEqual(naive);
  });

  it.each([[["email"]], [["direct", "google_ads"]], [["facebook_ads", "x_ads", "sms", "trustpilot"]]])(
    "credit is given first, and lines of other sources than %j left out after",
    async (sources) => {
      const question = { models: MODELS, days: 30, level, sources, named: true };
      expect(await exportedLines(question)).toEqual(naiveLines(runtime, question));
    },
  );
});

it.each(MODELS)("the model %s alone gives the same credit as with others", async (model) => {
  const question = { models: [model], days: 60, level: "company" as const, sources: SOURCES, named: false };
  expect(await exportedLines(question)).toEqual(naiveLines(runtime, question));
});

it("models that credit one touchpoint give the same together as they do beside others", async () => {
  const models = MODELS.slice(3);
  for (const level of ["profile", "company"] as const) {
    const question = { models, days: 14, level, sources: SOURCES, named: true };
    expect(await exportedLines(question)).toEqual(naiveLines(runtime, question));
  }
});
