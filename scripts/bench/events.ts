/**
 * A shop's events: page views, products put into carts, orders. Seeded, so that the same number gives the same events
 * each time. An exported line has about 270 bytes.
 */

import type { CreateEventDefinitionData, NewEvent, Spillway } from "../../client/src/index.ts";

/** All events occurred in [START, END), whatever their number. */
export const START = Date.parse("2025-01-01T00:00:00.000Z");
const DAYS = 90;
export const END = START + DAYS * 86_400_000;

const MIN_PERSONS = 1_000;
const EVENTS_PER_PERSON = 50;
const LATE_MS = 120_000;

type PropertyType = NonNullable<CreateEventDefinitionData["body"]["properties"]>[number]["type"];

const DEFINITIONS: { id: string; name: string; properties: Record<string, PropertyType> }[] = [
  { id: "page_view", name: "Page view", properties: { url: "text", duration_ms: "number", logged_in: "boolean" } },
  {
    id: "cart_add",
    name: "Product put into the cart",
    properties: { product: "text", quantity: "number", unit_price: "number", gift: "boolean" },
  },
  {
    id: "order_placed",
    name: "Order placed",
    properties: { order_id: "text", amount: "number", items: "number", coupon: "text", first_order: "boolean" },
  },
];

const CATEGORIES = ["kitchen", "garden", "bath", "toys", "lamps", "books", "sale"];
const PRODUCTS = [
  "Käsemesser",
  "Crème brûlée set",
  "Retro spot bag",
  "Teapot",
  "Jam jar",
  "Paper chain kit",
  "T-light",
];
const COUPONS = ["SPRING10", "WELCOME", "FREESHIP"];

export function personsFor(rows: number): number {
  return Math.max(MIN_PERSONS, Math.floor(rows / EVENTS_PER_PERSON));
}

/** Makes what the events name: definitions, and profiles that all have an external id. */
export async function prepareShop(client: Spillway, rows: number): Promise<void> {
  for (const { id, name, properties } of DEFINITIONS)
    await client.eventDefinitions.create({
      id,
      name,
      properties: Object.entries(properties).map(([property, type]) => ({ name: property, type })),
    });
  await client.profiles.put(
    Array.from({ length: personsFor(rows) }, (_, n) => ({
      person_id: personId(n),
      external_person_id: `CRM-${100_000 + ((n * 7_919) % 899_981)}`,
      attributes: { $country: n % 3 === 0 ? "DE" : "FI", tier: n % 10 === 0 ? "gold" : "basic" },
    })),
  );
}

const personId = (n: number) => `p-${String(n).padStart(7, "0")}`;

/** Events about in the order of time, as they arrive at a service: some a little late. */
export function* shopEvents(rows: number): Generator<NewEvent> {
  const random = seeded(rows);
  const upTo = (max: number) => Math.floor(random() * max);
  const persons = personsFor(rows);
  for (let n = 0; n < rows; n += 1) {
    const due = START + Math.floor((n / rows) * (END - START));
    const kind = random();
    yield {
      id: uuid(random),
      // A few people come often, the others seldom.
      person_id: personId(Math.floor(persons * random() ** 2)),
      session_id: random() < 0.1 ? null : `s-${hex(random)}${hex(random).slice(4)}`,
      occurred_at: new Date(Math.max(START, due - upTo(LATE_MS))).toISOString(),
      ...(kind < 0.78 ? pageView(random, upTo) : kind < 0.93 ? cartAdd(random, upTo) : order(random, upTo, n)),
    };
  }
}

type Random = () => number;
type UpTo = (max: number) => number;

const pageView = (random: Random, upTo: UpTo) => ({
  definition_id: "page_view",
  properties: {
    url: `/shop/${CATEGORIES[upTo(CATEGORIES.length)]}/${upTo(5_000)}`,
    duration_ms: random() < 0.2 ? 0 : 200 + upTo(90_000),
    logged_in: random() < 0.4,
  },
});

const cartAdd = (random: Random, upTo: UpTo) => ({
  definition_id: "cart_add",
  properties: {
    product: `${PRODUCTS[upTo(PRODUCTS.length)]} ${upTo(400)}`,
    quantity: 1 + upTo(6),
    unit_price: (50 + upTo(9_950)) / 100,
    gift: random() < 0.1,
  },
});

const order = (random: Random, upTo: UpTo, n: number) => ({
  definition_id: "order_placed",
  properties: {
    order_id: `A-${1_000_000 + n}`,
    amount: (500 + upTo(49_500)) / 100,
    items: 1 + upTo(12),
    coupon: random() < 0.8 ? "" : COUPONS[upTo(COUPONS.length)],
    first_order: random() < 0.3,
  },
});

/** Mulberry32: small, fast, the same everywhere. @returns numbers in [0, 1). */
function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

const hex = (random: Random) =>
  Math.floor(random() * 0x1_0000_0000)
    .toString(16)
    .padStart(8, "0");

function uuid(random: Random): string {
  const [a, b, c, d] = [hex(random), hex(random), hex(random), hex(random)];
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`;
}
