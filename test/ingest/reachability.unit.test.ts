/** The reachability events that are derived from a change of a profile. */

import { describe, expect, it } from "vitest";
import type { Installation } from "../../src/db/profiles/profiles.ts";
import { NOBODY, type ProfileState } from "../../src/ingest/derived.ts";
import { deriveReachability, reachabilityText, REASONS, touchesReachability } from "../../src/ingest/reachability.ts";

const having = (attributes: ProfileState["attributes"]): ProfileState => ({ ...NOBODY, attributes });
const installed = (...installations: Installation[]): ProfileState => ({ ...NOBODY, installations });
const phone = (more: Partial<Installation> = {}): Installation => ({
  installation_id: "i-1",
  platform: "Android",
  push_token: null,
  is_optin: false,
  ...more,
});
const OPTED_IN = phone({ is_optin: true });

/** The reasons of each event. */
const reasons = (before: ProfileState | null, after: ProfileState) =>
  deriveReachability(before, after).map((change) => change.reasons);

const SMS = (value: string | null) => (value === null ? NOBODY : having({ $sms_marketing: value }));
const EMAIL = (value: string | null) => (value === null ? NOBODY : having({ $email_marketing: value }));
const NUMBER = (value: string | null) => (value === null ? NOBODY : having({ $phone_number: value }));
const ADDRESS = (value: string | null) => (value === null ? NOBODY : having({ $email_address: value }));

const EACH: [reason: string, before: ProfileState, after: ProfileState][] = [
  ["SUBSCRIBED_TO_SMS_MARKETING", SMS("unsubscribed"), SMS("subscribed")],
  ["UNSUBSCRIBED_FROM_SMS_MARKETING", SMS("subscribed"), SMS("unsubscribed")],
  ["PHONE_NUMBER_ADDED", NUMBER(null), NUMBER("+441")],
  ["PHONE_NUMBER_REMOVED", NUMBER("+441"), NUMBER(null)],
  ["PHONE_NUMBER_UPDATED", NUMBER("+441"), NUMBER("+442")],
  ["SUBSCRIBED_TO_EMAIL_MARKETING", EMAIL("unsubscribed"), EMAIL("subscribed")],
  ["UNSUBSCRIBED_FROM_EMAIL_MARKETING", EMAIL("subscribed"), EMAIL("unsubscribed")],
  ["EMAIL_ADDRESS_ADDED", ADDRESS(null), ADDRESS("a@x")],
  ["EMAIL_ADDRESS_REMOVED", ADDRESS("a@x"), ADDRESS(null)],
  ["EMAIL_ADDRESS_UPDATED", ADDRESS("a@x"), ADDRESS("b@x")],
  ["SUBSCRIBED_TO_PUSH", installed(phone()), installed(OPTED_IN)],
  ["UNSUBSCRIBED_FROM_PUSH", installed(OPTED_IN), installed(phone())],
  ["PUSH_TOKEN_ADDED", installed(phone()), installed(phone({ push_token: "t" }))],
];

describe("fact 4.a.11: the reason", () => {
  it.each(EACH)("%s, alone", (reason, before, after) => {
    expect(reasons(before, after)).toEqual([[reason]]);
  });

  it("is one of 13", () => {
    expect(EACH.map(([reason]) => reason)).toEqual(Object.values(REASONS).flat());
  });
});

describe.each([
  ["SMS", SMS],
  ["EMAIL", EMAIL],
] as const)("a subscription to %s marketing", (channel, at) => {
  const [subscribed, unsubscribed] = REASONS[channel];

  it.each([
    [null, "subscribed", [[subscribed]]],
    ["sometimes", "subscribed", [[subscribed]]],
    ["subscribed", null, [[unsubscribed]]],
    ["subscribed", "sometimes", [[unsubscribed]]],
    [null, "unsubscribed", [[unsubscribed]]],
    ["unsubscribed", null, []],
    [null, "sometimes", []],
    ["subscribed", "subscribed", []],
    ["unsubscribed", "unsubscribed", []],
  ])("that goes from %s to %s", (was, is, expected) => {
    expect(reasons(at(was), at(is))).toEqual(expected);
  });
});

describe("an address", () => {
  it("that is an empty text is none", () => {
    expect(reasons(NUMBER(null), NUMBER(""))).toEqual([]);
    expect(reasons(NUMBER(""), NUMBER("+441"))).toEqual([["PHONE_NUMBER_ADDED"]]);
    expect(reasons(ADDRESS("a@x"), ADDRESS(""))).toEqual([["EMAIL_ADDRESS_REMOVED"]]);
  });

  it("of a profile that is new is added", () => {
    expect(reasons(null, NUMBER("+441"))).toEqual([["PHONE_NUMBER_ADDED"]]);
    expect(reasons(null, NOBODY)).toEqual([]);
  });
});

describe("an installation", () => {
  const [a, b] = [phone({ push_token: "a" }), phone({ push_token: "b" })];
  const both = phone({ is_optin: true, push_token: "t" });

  it.each<[string, Installation[], Installation[], string[][]]>([
    ["that is new and opted in subscribes", [], [OPTED_IN], [["SUBSCRIBED_TO_PUSH"]]],
    ["that is new and not opted in does not", [], [phone()], []],
    ["that goes and was opted in unsubscribes", [OPTED_IN], [], [["UNSUBSCRIBED_FROM_PUSH"]]],
    ["that goes and was not opted in does not", [a], [], []],
    ["whose token changes has one added", [a], [b], [["PUSH_TOKEN_ADDED"]]],
    ["whose token goes has none added", [a], [phone()], []],
    ["that is new, opted in and has a token does both", [], [both], [["SUBSCRIBED_TO_PUSH", "PUSH_TOKEN_ADDED"]]],
    ["whose platform changes makes none", [OPTED_IN], [{ ...OPTED_IN, platform: "iOS" }], []],
  ])("%s", (_, were, are, expected) => {
    expect(reasons(installed(...were), installed(...are))).toEqual(expected);
  });

  it("is apart from the others: an event each, by id", () => {
    const on = (installation_id: string) => phone({ installation_id, is_optin: true });
    const off = (installation_id: string) => phone({ installation_id });
    const changes = deriveReachability(installed(on("b"), on("c")), installed(on("c"), off("b"), on("a")));
    expect(changes.map((change) => [change.installation_id, change.reasons, change.state.is_optin])).toEqual([
      ["a", ["SUBSCRIBED_TO_PUSH"], true],
      ["b", ["UNSUBSCRIBED_FROM_PUSH"], false],
    ]);
  });

  it("that was removed is reported with its platform, not opted in", () => {
    expect(deriveReachability(installed(OPTED_IN), NOBODY)[0]?.state).toEqual({
      is_optin: false,
      platform: "Android",
    });
  });
});

describe("one write", () => {
  const before = having({ $email_address: "a@x", $email_marketing: "subscribed" });
  const after: ProfileState = {
    ...having({ $phone_number: "+441", $sms_marketing: "subscribed", $email_address: "b@x" }),
    installations: [OPTED_IN],
  };

  it("fact 4.a.11: has one event a channel, with several reasons in the seed's order", () => {
    expect(deriveReachability(before, after)).toEqual([
      {
        channel: "SMS",
        installation_id: null,
        reasons: ["SUBSCRIBED_TO_SMS_MARKETING", "PHONE_NUMBER_ADDED"],
        state: { has_phone_number: true, sms_marketing: "subscribed" },
      },
      {
        channel: "EMAIL",
        installation_id: null,
        reasons: ["UNSUBSCRIBED_FROM_EMAIL_MARKETING", "EMAIL_ADDRESS_UPDATED"],
        state: { has_email_address: true, email_marketing: null },
      },
      {
        channel: "PUSH",
        installation_id: "i-1",
        reasons: ["SUBSCRIBED_TO_PUSH"],
        state: { is_optin: true, platform: "Android" },
      },
    ]);
  });

  it("that changes nothing of it has none", () => {
    expect(deriveReachability(after, after)).toEqual([]);
    expect(deriveReachability(after, { ...after, tags: ["vip"], company_id: "acme" })).toEqual([]);
  });
});

describe("the text of an event", () => {
  it("has its reasons in the seed's order and its channel's fields alone, what is not known null", () => {
    const sms = reachabilityText("SMS", ["PHONE_NUMBER_ADDED", "SUBSCRIBED_TO_SMS_MARKETING"], {
      is_optin: true,
      sms_marketing: "subscribed",
    });
    expect(sms).toBe(
      '{"reasons":["SUBSCRIBED_TO_SMS_MARKETING","PHONE_NUMBER_ADDED"],"has_phone_number":null,"sms_marketing":"subscribed"}',
    );
    expect(reachabilityText("PUSH", ["SUBSCRIBED_TO_PUSH"], { platform: "iOS", is_optin: false })).toBe(
      '{"reasons":["SUBSCRIBED_TO_PUSH"],"is_optin":false,"platform":"iOS"}',
    );
  });
});

it("can change through the four attributes and the installations alone", () => {
  for (const name of ["$phone_number", "$sms_marketing", "$email_address", "$email_marketing"])
    expect(touchesReachability({ attributes: { [name]: null } })).toBe(true);
  expect(touchesReachability({ installations: [] })).toBe(true);
  expect(touchesReachability({})).toBe(false);
  expect(touchesReachability({ attributes: { $first_name: "Ada", tier: 1 }, installations: undefined })).toBe(false);
});
