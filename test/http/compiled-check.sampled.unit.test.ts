/** The compiled checks accept and refuse what the schemas do: on random bodies, most of them near to valid ones. */

import * as fc from "fast-check";
import type * as z from "zod";
import { describe, expect, it } from "vitest";
import { compiledCheck } from "../../src/http/compiled-check.ts";
import { eventsResource } from "../../src/http/events/routes.ts";
import { flowsResource } from "../../src/http/flows/routes.ts";
import { reachabilityEventsResource } from "../../src/http/reachability-events/routes.ts";
import { touchpointsResource } from "../../src/http/touchpoints/routes.ts";
import { listsOf } from "../../src/http/validate-body.ts";
import { Day, Instant, isInstantOrDay } from "../../src/time/instant.ts";
import { seeds } from "../support/seeds.ts";

const BODIES = 5_000;
/** All: a million bodies. */
const SUITE = { first: 1, few: 2, full: 10, all: 200 };

const TEXT = fc.oneof(
  fc.string({ maxLength: 5 }),
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.constantFrom("", ".", "..", "\n", "\ud83d", "é".repeat(100), "é".repeat(101), "x".repeat(65)),
  fc.integer({ min: 63, max: 201 }).map((length) => "a".repeat(length)),
);
const YEARS = { min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true };
const TIME = fc.oneof(
  { weight: 6, arbitrary: fc.date(YEARS).map((date) => date.toISOString()) },
  fc.constantFrom(
    "2026-02-29T00:00:00Z",
    "2024-02-29T00:00:00Z",
    "2026-01-31T09:30:00.000+15:59",
    "2026-01-31T09:30:00.000+16:00",
    "2026-01-31T09:30:00",
    "2026-01-31",
    "0000-12-31T23:59:59Z",
    "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-01:00",
    "2026-01-31t09:30:00z",
    "2026-01-31T24:00:00Z",
    "2026-01-31T09:30Z",
    "2026-01-31T09:30:00.1234567Z\n",
  ),
);
const OTHER = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -1.5, 1e21, [], {}, [null], { id: "a" }, { constructor: "a" }),
  fc.jsonValue({ maxDepth: 2 }),
);
const ANY = fc.oneof({ weight: 4, arbitrary: TEXT }, { weight: 1, arbitrary: TIME }, { weight: 1, arbitrary: OTHER });

/** A record of these members, each mostly there, of which a few have another value; now and then with one more. */
function near(members: Record<string, fc.Arbitrary<unknown>>, needed: readonly string[]): fc.Arbitrary<unknown> {
  const values = Object.entries(members).map(([name, value]) => {
    const other = fc.oneof({ weight: 14, arbitrary: value }, { weight: 1, arbitrary: ANY });
    return [name, fc.option(other, { freq: needed.includes(name) ? 60 : 2, nil: undefined })] as const;
  });
  const record = fc.record(Object.fromEntries(values)).map(withoutAbsent);
  const more = fc.tuple(record, fc.constantFrom("Id", "constructor", "toString", ""), ANY);
  return fc.oneof(
    { weight: 20, arbitrary: record },
    { weight: 2, arbitrary: more.map(([sent, name, value]) => ({ ...sent, [name]: value })) },
    { weight: 1, arbitrary: OTHER },
  );
}

const withoutAbsent = (record: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));

const ID = fc.oneof({ weight: 9, arbitrary: fc.uuid() }, { weight: 1, arbitrary: TEXT });
const MAYBE_ID = fc.oneof({ weight: 5, arbitrary: ID }, { weight: 1, arbitrary: fc.constant(null) });
const NAMES = { person_id: MAYBE_ID, external_person_id: MAYBE_ID, custom_id: MAYBE_ID };
const flag = fc.constantFrom<unknown>(true, false, null);
const subscription = fc.constantFrom<unknown>("subscribed", "unsubscribed", null);

/** A reachability event of a channel. */
const change = (channel: string, reasons: string[], fields: Record<string, fc.Arbitrary<unknown>>) =>
  near(
    {
      id: ID,
      person_id: ID,
      timestamp: TIME,
      channel: fc.constant(channel),
      reasons: fc.oneof(fc.subarray(reasons), fc.array(fc.constantFrom(...reasons), { maxLength: 3 })),
      ...fields,
    },
    ["id", "person_id", "timestamp", "channel", "reasons", "installation_id"],
  );

/** As `/v1/events` and so on: the records of each, mostly valid. */
const RECORDS = {
  events: near(
    {
      id: MAYBE_ID,
      definition_id: fc.constantFrom("order_placed", "", "x".repeat(64), "x".repeat(65)),
      ...NAMES,
      session_id: MAYBE_ID,
      company_id: MAYBE_ID,
      occurred_at: fc.oneof(TIME, fc.constant(null)),
      properties: fc.dictionary(TEXT, OTHER, { maxKeys: 3 }),
    },
    ["definition_id", "properties"],
  ),
  touchpoints: near(
    {
      id: ID,
      ...NAMES,
      occurred_at: TIME,
      source: fc.constantFrom("facebook_ads", "direct", "facebook"),
      ad_id: MAYBE_ID,
      adset_id: MAYBE_ID,
      campaign_id: MAYBE_ID,
      account_id: MAYBE_ID,
    },
    ["id", "occurred_at", "source"],
  ),
  reachability: fc.oneof(
    change("SMS", ["SUBSCRIBED_TO_SMS_MARKETING", "PHONE_NUMBER_ADDED"], {
      has_phone_number: flag,
      sms_marketing: subscription,
      platform: fc.constant(null),
    }),
    change("EMAIL", ["UNSUBSCRIBED_FROM_EMAIL_MARKETING", "EMAIL_ADDRESS_ADDED"], {
      has_email_address: flag,
      email_marketing: subscription,
      is_optin: fc.constant(null),
    }),
    change("PUSH", ["SUBSCRIBED_TO_PUSH", "PUSH_TOKEN_ADDED"], {
      installation_id: ID,
      is_optin: flag,
      platform: fc.constantFrom<unknown>("iOS", "Android", "Webpush", null),
      sms_marketing: fc.constant(null),
    }),
    change("FAX", ["PUSH_TOKEN_ADDED"], {}),
  ),
  flows: near(
    {
      id: ID,
      campaign_name: fc.oneof(TEXT, fc.constant(null)),
      campaign_start: fc.oneof(TIME, fc.constant(null)),
      elements: fc.array(near({ id: ID, name: fc.oneof(TEXT, fc.constant(null)) }, ["id"]), { maxLength: 3 }),
    },
    ["id"],
  ),
};
const RESOURCES = {
  events: eventsResource,
  touchpoints: touchpointsResource,
  reachability: reachabilityEventsResource,
  flows: flowsResource,
};

/** The schema of the records that a resource stores. */
function recordOf(name: keyof typeof RESOURCES): z.ZodType {
  const body = RESOURCES[name].routes.find((each) => each.body !== undefined)?.body;
  const [list] = body === undefined ? [] : listsOf(body.schema).values();
  if (list === undefined) throw new Error(`${name} takes no list`);
  return list.item;
}

describe.each(Object.keys(RECORDS) as (keyof typeof RECORDS)[])("the compiled check of %s", (name) => {
  it.each(seeds(SUITE))("agrees with the schema, seed %i", (seed) => {
    const schema = recordOf(name);
    const check = compiledCheck(schema);
    if (check === null) throw new Error("the schema is not compiled");
    let accepted = 0;
    const agrees = fc.property(RECORDS[name], (record) => {
      const expected = schema.safeParse(record).success;
      if (expected) accepted += 1;
      return check(record) === expected;
    });
    fc.assert(agrees, { seed, numRuns: BODIES });
    expect(accepted).toBeGreaterThan(BODIES / 20);
    expect(accepted).toBeLessThan((BODIES * 19) / 20);
  });
});

describe("the check of a date", () => {
  it.each(seeds(SUITE))("agrees with the schemas, seed %i", (seed) => {
    const texts = fc.oneof(
      TIME,
      TIME.map((time) => time.slice(0, 10)),
      TEXT,
    );
    const agrees = fc.property(texts, (text) => {
      const expected = Instant.safeParse(text).success || Day.safeParse(text).success;
      return isInstantOrDay(text) === expected;
    });
    expect(fc.check(agrees, { seed, numRuns: BODIES }).counterexample).toBeNull();
  });
});
