/** /v1/reachability-events: events of the past or of other systems. Profile writes derive the others. */

import * as z from "zod";
import { ingestReachability } from "../../ingest/load-reachability.ts";
import { REASONS, SUBSCRIPTIONS } from "../../ingest/reachability.ts";
import { MAX_RECORDS, sendRecords } from "../records.ts";
import { resource } from "../resource.ts";
import { Id } from "../schemas.ts";
import { Instant } from "../../time/instant.ts";

const common = { id: Id, person_id: Id, timestamp: Instant };

const reasonsOf = <const Reason extends string>(reasons: readonly Reason[]) =>
  z
    .array(z.enum(reasons))
    .min(1)
    .max(reasons.length)
    .refine((sent) => new Set(sent).size === sent.length, "must name each reason at most once.")
    .meta({ uniqueItems: true });

/** Fields of other channels may be null or absent. */
const none = (channel: string) =>
  z.null({ error: `must be null or omitted: only the channel ${channel} has it.` }).optional();

const ofSms = { has_phone_number: none("SMS"), sms_marketing: none("SMS") };
const ofEmail = { has_email_address: none("EMAIL"), email_marketing: none("EMAIL") };
const ofPush = { is_optin: none("PUSH"), platform: none("PUSH"), installation_id: none("PUSH") };

const SentReachability = z.discriminatedUnion("channel", [
  z.strictObject({
    ...common,
    channel: z.literal("SMS"),
    reasons: reasonsOf(REASONS.SMS),
    has_phone_number: z.boolean().nullish(),
    sms_marketing: z.enum(SUBSCRIPTIONS).nullish(),
    ...ofEmail,
    ...ofPush,
  }),
  z.strictObject({
    ...common,
    channel: z.literal("EMAIL"),
    reasons: reasonsOf(REASONS.EMAIL),
    has_email_address: z.boolean().nullish(),
    email_marketing: z.enum(SUBSCRIPTIONS).nullish(),
    ...ofSms,
    ...ofPush,
  }),
  z.strictObject({
    ...common,
    channel: z.literal("PUSH"),
    reasons: reasonsOf(REASONS.PUSH),
    installation_id: Id,
    is_optin: z.boolean().nullish(),
    platform: z.enum(["iOS", "Android", "Webpush"]).nullish(),
    ...ofSms,
    ...ofEmail,
  }),
]);

export const reachabilityEventsResource = resource("/v1/reachability-events", "Profiles", [
  sendRecords({
    operationId: "loadReachabilityEvents",
    summary: "Load reachability events",
    description: `1 to ${MAX_RECORDS} changes of profiles' reachability from the past or from another system, all or nothing; also as NDJSON with one event per line. Profile writes derive such events automatically. An event whose id the space already has counts as a duplicate: the first one stays unchanged. An event has the reasons and fields of its channel; PUSH events also need an \`installation_id\`. An omitted field is unknown: null. A \`timestamp\` must not be before 2024-10-10, nor older than the space's retention.`,
    auth: "profiles:write",
    property: "events",
    record: SentReachability,
    example: {
      id: "6156b060574cb223e8c4ed47c5df1855",
      person_id: "p-1",
      channel: "SMS",
      timestamp: "2026-01-15T10:23:45.123Z",
      reasons: ["SUBSCRIBED_TO_SMS_MARKETING", "PHONE_NUMBER_ADDED"],
      has_phone_number: true,
      sms_marketing: "subscribed",
    },
    store: ingestReachability,
  }),
]);
