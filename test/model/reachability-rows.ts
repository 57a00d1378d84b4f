/** The lines of `reachability_events`, by the contract (section 8). */

import { iso } from "./times.ts";
import type { Data, Reached } from "./world.ts";

/** What each channel's events are loaded with, beyond their person and time. */
export const KINDS = [
  { channel: "SMS", reasons: ["PHONE_NUMBER_ADDED"], has_phone_number: true, sms_marketing: "subscribed" },
  { channel: "SMS", reasons: ["PHONE_NUMBER_REMOVED"], has_phone_number: false, sms_marketing: null },
  { channel: "EMAIL", reasons: ["EMAIL_ADDRESS_ADDED"], has_email_address: true, email_marketing: null },
] as const;

/** The line of an event. */
export function reachabilityRow({ people }: Data, { id, person, occurredAt, kind }: Reached): Record<string, unknown> {
  return {
    event: { id, timestamp: iso(occurredAt), ...KINDS[kind] },
    identifiers: { profile_id: person, custom_id: people.get(person)?.custom ?? null },
  };
}

export const channelOf = ({ kind }: Reached): string => KINDS[kind].channel;
