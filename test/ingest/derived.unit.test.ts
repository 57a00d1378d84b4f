/** The events that are derived from a change of a profile. */

import { describe, expect, it } from "vitest";
import { DERIVED, deriveEvents, type ProfileState } from "../../src/ingest/derived.ts";
import { EXPECTED } from "./catalogue-fixture.ts";

const state = (more: Partial<ProfileState> = {}): ProfileState => ({
  external_person_id: null,
  company_id: null,
  type: null,
  identifiers: {},
  attributes: {},
  tags: [],
  installations: [],
  ...more,
});
const having = (attributes: ProfileState["attributes"]) => state({ attributes });

/** The events as `definition {properties}`, short enough to read. */
const events = (before: ProfileState | null, after: ProfileState) =>
  deriveEvents(before, after).map((event) => [event.definition_id, event.properties] as const);

const FULL = state({
  external_person_id: "CRM-1",
  company_id: "c",
  type: "Lead",
  identifiers: { custom_id: "u-1" },
  attributes: { $first_name: "Ada", $city: "Rome", $language: "it", $email_address: "a@x", tier: "gold" },
  tags: ["vip"],
  installations: [{ installation_id: "i-1", platform: "iOS", push_token: "t-1", is_optin: true }],
});

describe("a profile that is new", () => {
  it("was created", () => {
    expect(events(null, state())).toEqual([["personCreated", {}]]);
  });

  it("has its contacts and tags added, and nothing changed", () => {
    expect(events(null, FULL)).toEqual([
      ["personCreated", {}],
      ["emailAddressAdded", { address: "a@x" }],
      ["pushContactAdded", { address: "t-1" }],
      ["tagAdded", { tag: "vip" }],
    ]);
  });
});

describe("a profile that stays as it was", () => {
  it.each([
    ["empty", state()],
    ["full", FULL],
  ])("(%s) derives no event", (_, same) => {
    expect(events(same, structuredClone(same))).toEqual([]);
  });

  it("derives none either when its parts are in another order", () => {
    const [ab, ba] = [state({ attributes: { a: 1, b: 2 }, tags: ["x", "y"] }), state({ attributes: { b: 2, a: 1 } })];
    expect(events(ab, { ...ba, tags: ["y", "x"] })).toEqual([]);
  });
});

describe.each([
  ["$first_name", "nameChanged"],
  ["$middle_name", "nameChanged"],
  ["$last_name", "nameChanged"],
  ["$address", "locationChanged"],
  ["$city", "locationChanged"],
  ["$country", "locationChanged"],
  ["$date_of_birth", "standardAttributeChanged"],
  ["$language", "standardAttributeChanged"],
  ["$region", "standardAttributeChanged"],
  ["$timezone", "standardAttributeChanged"],
  ["$email_marketing", "standardAttributeChanged"],
  ["$sms_marketing", "standardAttributeChanged"],
  ["tier", "customAttributeChanged"],
  ["first_name", "customAttributeChanged"],
  ["constructor", "customAttributeChanged"],
])("the attribute %s", (attribute, definition) => {
  const change = (oldValue: string | null, newValue: string | null) => [
    [definition, { attribute, oldValue, newValue }],
  ];

  it(`derives ${definition} when it is set, changed and removed`, () => {
    expect(events(state(), having({ [attribute]: "a" }))).toEqual(change(null, "a"));
    expect(events(having({ [attribute]: "a" }), having({ [attribute]: "b" }))).toEqual(change("a", "b"));
    expect(events(having({ [attribute]: "a" }), state())).toEqual(change("a", null));
  });
});

describe.each([
  ["$email_address", "emailAddress"],
  ["$phone_number", "phoneNumber"],
  ["$facebook_id", "facebookContact"],
])("the contact %s", (attribute, contact) => {
  it("is added, changed and deleted", () => {
    expect(events(state(), having({ [attribute]: "a" }))).toEqual([[`${contact}Added`, { address: "a" }]]);
    expect(events(having({ [attribute]: "a" }), having({ [attribute]: "b" }))).toEqual([
      [`${contact}Changed`, { address: "b", oldAddress: "a" }],
    ]);
    expect(events(having({ [attribute]: "a" }), state())).toEqual([[`${contact}Deleted`, { address: "a" }]]);
  });
});

describe("an installation's push token", () => {
  const installed = (...tokens: (string | null)[]) =>
    state({
      installations: tokens.map((push_token, n) => ({
        installation_id: `i-${n}`,
        platform: "iOS",
        push_token,
        is_optin: true,
      })),
    });

  it("is a contact of its own: added, changed and deleted", () => {
    expect(events(installed("a"), installed("a", "b"))).toEqual([["pushContactAdded", { address: "b" }]]);
    expect(events(installed("a", "b"), installed("a", "c"))).toEqual([
      ["pushContactChanged", { address: "c", oldAddress: "b" }],
    ]);
    expect(events(installed("a", "b"), installed("a"))).toEqual([["pushContactDeleted", { address: "b" }]]);
    expect(events(installed("a"), installed(null))).toEqual([["pushContactDeleted", { address: "a" }]]);
  });

  it("that is not there is no contact", () => {
    expect(events(state(), installed(null))).toEqual([]);
  });
});

describe("tags", () => {
  it("are added and removed, each once", () => {
    expect(events(state({ tags: ["a", "b"] }), state({ tags: ["b", "c", "c"] }))).toEqual([
      ["tagAdded", { tag: "c" }],
      ["tagRemoved", { tag: "a" }],
    ]);
  });
});

describe("the fields beside the attributes", () => {
  it.each(["external_person_id", "company_id", "type"] as const)("%s is a standard attribute", (attribute) => {
    expect(events(state({ [attribute]: "a" }), state({ [attribute]: "b" }))).toEqual([
      ["standardAttributeChanged", { attribute, oldValue: "a", newValue: "b" }],
    ]);
  });

  it("an identifier is other contact information", () => {
    const [one, two] = [state({ identifiers: { custom_id: "a" } }), state({ identifiers: { custom_id: "b" } })];
    expect(events(state(), one)).toEqual([["contactInformationChanged", { kind: "custom_id", address: "a" }]]);
    expect(events(one, two)).toEqual([["contactInformationChanged", { kind: "custom_id", address: "b" }]]);
    expect(events(one, state())).toEqual([["contactInformationChanged", { kind: "custom_id", address: null }]]);
  });
});

describe("values", () => {
  it.each([
    [1, "1", 2.5, "2.5"],
    [true, "true", false, "false"],
    ["", "", "x", "x"],
    [1, "1", "1", "1"],
  ])("%j and %j are written as texts", (was, wasText, is, isText) => {
    const [before, after] = [having({ a: was }), having({ a: is })];
    expect(events(before, after)[0]?.[1]).toEqual({ attribute: "a", oldValue: wasText, newValue: isText });
  });

  it("of more than 100,000 characters are cut, not within a character", () => {
    const [first] = deriveEvents(state(), having({ a: `${"x".repeat(99_999)}🛒` }));
    expect(first?.properties["newValue"]).toBe("x".repeat(99_999));
  });
});

it("derives events of definitions that the catalogue has, with the properties that it has", () => {
  const known = new Map(EXPECTED.map((each) => [each.id, each.properties.map(({ name }) => name)]));
  const created = [
    ...deriveEvents(null, FULL),
    ...deriveEvents(FULL, state()),
    ...deriveEvents(state(), FULL),
    ...deriveEvents(FULL, having({ $email_address: "b", $phone_number: "1", $facebook_id: "f" })),
  ];
  for (const { definition_id, properties } of created) {
    expect(DERIVED).toContain(definition_id);
    expect(known.get(definition_id)).toEqual(expect.arrayContaining(Object.keys(properties)));
  }
  expect(DERIVED.filter((id) => !known.has(id))).toEqual([]);
});
