/**
 * The reachability events that follow from a change of a profile, found by comparing the profile before and after it. A
 * write gives one event per channel (for PUSH per installation), with every reason that applies and the state after the
 * write.
 *
 * An empty text is no phone number and no email address. A subscription is `subscribed`, `unsubscribed` or unknown; any
 * other value is unknown. A change to `subscribed` subscribes; a change to `unsubscribed`, or from `subscribed` to
 * unknown, unsubscribes. A removed installation is no longer opted in. A removed push token gives no event.
 */

import type { Installation } from "../db/profiles/profiles.ts";
import { NOBODY, type ProfileState } from "./derived.ts";

/** Each channel's reasons, in the order in which an event has them. */
export const REASONS = {
  SMS: [
    "SUBSCRIBED_TO_SMS_MARKETING",
    "UNSUBSCRIBED_FROM_SMS_MARKETING",
    "PHONE_NUMBER_ADDED",
    "PHONE_NUMBER_REMOVED",
    "PHONE_NUMBER_UPDATED",
  ],
  EMAIL: [
    "SUBSCRIBED_TO_EMAIL_MARKETING",
    "UNSUBSCRIBED_FROM_EMAIL_MARKETING",
    "EMAIL_ADDRESS_ADDED",
    "EMAIL_ADDRESS_REMOVED",
    "EMAIL_ADDRESS_UPDATED",
  ],
  PUSH: ["SUBSCRIBED_TO_PUSH", "UNSUBSCRIBED_FROM_PUSH", "PUSH_TOKEN_ADDED"],
} as const;

export type Channel = keyof typeof REASONS;
type Reason = (typeof REASONS)[Channel][number];

export const SUBSCRIPTIONS = ["subscribed", "unsubscribed"] as const;
type Subscription = (typeof SUBSCRIPTIONS)[number];

/** The profile's fields in an event, by channel, in this order. */
const STATE_FIELDS = {
  SMS: ["has_phone_number", "sms_marketing"],
  EMAIL: ["has_email_address", "email_marketing"],
  PUSH: ["is_optin", "platform"],
} as const;

/** Values of a channel's fields; unknown ones are null or absent. */
export interface ChannelState {
  has_phone_number?: boolean | null | undefined;
  has_email_address?: boolean | null | undefined;
  sms_marketing?: Subscription | null | undefined;
  email_marketing?: Subscription | null | undefined;
  is_optin?: boolean | null | undefined;
  platform?: Installation["platform"] | null | undefined;
}

export interface ReachabilityChange {
  channel: Channel;
  /** For PUSH only. */
  installation_id: string | null;
  reasons: readonly Reason[];
  state: ChannelState;
}

/** The attributes with a channel's address and subscription, and the address's name in reasons. */
const ADDRESSES = {
  SMS: { name: "PHONE_NUMBER", address: "$phone_number", subscription: "$sms_marketing" },
  EMAIL: { name: "EMAIL_ADDRESS", address: "$email_address", subscription: "$email_marketing" },
} as const;
const ATTRIBUTES = Object.values(ADDRESSES).flatMap(({ address, subscription }) => [address, subscription]);

/** Whether this merge may change the profile's reachability. */
export function touchesReachability(merge: {
  attributes?: Record<string, unknown> | undefined;
  installations?: unknown;
}): boolean {
  const { attributes = {}, installations } = merge;
  return installations !== undefined || ATTRIBUTES.some((name) => Object.hasOwn(attributes, name));
}

/** @param before null: there was no profile. */
export function deriveReachability(before: ProfileState | null, after: ProfileState): ReachabilityChange[] {
  const old = before ?? NOBODY;
  return [addressChange("SMS", old, after), addressChange("EMAIL", old, after), ...pushChanges(old, after)].filter(
    (change) => change.reasons.length > 0,
  );
}

/** The event as it is stored: a JSON object of its reasons and its channel's fields; unknown values are null. */
export function reachabilityText(channel: Channel, reasons: readonly string[], state: ChannelState): string {
  const fields = STATE_FIELDS[channel].map((name) => [name, state[name] ?? null] as const);
  return JSON.stringify({
    reasons: REASONS[channel].filter((reason) => reasons.includes(reason)),
    ...Object.fromEntries(fields),
  });
}

function addressChange(channel: keyof typeof ADDRESSES, old: ProfileState, after: ProfileState): ReachabilityChange {
  const { name, address, subscription } = ADDRESSES[channel];
  const [was, is] = [old, after].map(({ attributes }) =>
    attributes[address] === "" ? undefined : attributes[address],
  );
  const [could, can] = [old, after].map(({ attributes }) =>
    SUBSCRIPTIONS.find((each) => each === attributes[subscription]),
  );
  const unsubscribes = could !== can && (can === "unsubscribed" || could === "subscribed");
  return {
    channel,
    installation_id: null,
    reasons: [
      ...when(could !== can && can === "subscribed", `SUBSCRIBED_TO_${channel}_MARKETING`),
      ...when(unsubscribes, `UNSUBSCRIBED_FROM_${channel}_MARKETING`),
      ...when(was === undefined && is !== undefined, `${name}_ADDED`),
      ...when(was !== undefined && is === undefined, `${name}_REMOVED`),
      ...when(was !== undefined && is !== undefined && was !== is, `${name}_UPDATED`),
    ],
    state:
      channel === "SMS"
        ? { has_phone_number: is !== undefined, sms_marketing: can ?? null }
        : { has_email_address: is !== undefined, email_marketing: can ?? null },
  };
}

function pushChanges(old: ProfileState, after: ProfileState): ReachabilityChange[] {
  const byId = (state: ProfileState) => new Map(state.installations.map((each) => [each.installation_id, each]));
  const [were, are] = [byId(old), byId(after)];
  return [...new Set([...were.keys(), ...are.keys()])]
    .toSorted()
    .map((id) => pushChange(id, were.get(id), are.get(id)));
}

function pushChange(id: string, was: Installation | undefined, is: Installation | undefined): ReachabilityChange {
  const [could, can] = [was?.is_optin ?? false, is?.is_optin ?? false];
  const token = is?.push_token ?? null;
  return {
    channel: "PUSH",
    installation_id: id,
    reasons: [
      ...when(!could && can, "SUBSCRIBED_TO_PUSH"),
      ...when(could && !can, "UNSUBSCRIBED_FROM_PUSH"),
      ...when(token !== null && token !== (was?.push_token ?? null), "PUSH_TOKEN_ADDED"),
    ],
    state: { is_optin: can, platform: (is ?? was)?.platform ?? null },
  };
}

const when = (applies: boolean, reason: Reason): Reason[] => (applies ? [reason] : []);
