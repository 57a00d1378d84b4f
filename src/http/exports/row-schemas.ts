/** The rows of the datasets about profiles, and the document of `segment_profiles`, as their files have them. */

import * as z from "zod";
import { REASONS, SUBSCRIPTIONS } from "../../ingest/reachability.ts";
import { PropertyValue } from "../events/row-schemas.ts";
import { AttributeValue, CONSENTS, PLATFORMS } from "../profiles/profile.ts";
import { Count, Time } from "../schemas.ts";

const names = <Value extends z.ZodType>(value: Value) => z.record(z.string(), value);
const text = z.string().nullable();

const identifiers = {
  external_person_id: text.optional(),
  installation_ids: z.array(z.string()).optional(),
};

/** The requested ones. `profile_id` is first, unless the request leaves it out. */
const Identifiers = z
  .object({ profile_id: z.string().optional(), ...identifiers })
  .catchall(text)
  .meta({
    id: "RowIdentifiers",
    description: "The identifiers that the request names; those that are missing are null.",
  });

const EventIdentifiers = z
  .object({ profile_id: z.string(), ...identifiers })
  .catchall(text)
  .meta({ id: "EventRowIdentifiers" });

export const ProfileAttributesRow = z
  .union([
    z.object({ identifiers: Identifiers, attributes: names(AttributeValue) }).meta({ id: "ProfileRow" }),
    z
      .object({
        deleted: z.object({ profile_id: z.string(), external_person_id: text.optional(), deleted_at: Time }),
      })
      .meta({ id: "DeletedProfileRow", description: "With `include_deletions`, after the profiles." }),
  ])
  .meta({ id: "ProfileAttributesRow", description: "A row of the dataset `profile_attributes`." });

export const ProfileEventRow = z
  .object({
    event: z.object({ id: z.string(), name: z.string(), timestamp: Time, attributes: names(PropertyValue) }),
    identifiers: EventIdentifiers,
  })
  .meta({ id: "ProfileEventRow", description: "A row of the dataset `profile_events`." });

const common = { id: z.string(), timestamp: Time };
const Subscription = z.enum(SUBSCRIPTIONS).nullable();
const ofPerson = { profile_id: z.string(), custom_id: text };

/** @param fields of the channel. */
const channel = <Name extends keyof typeof REASONS, Fields extends z.ZodRawShape>(name: Name, fields: Fields) =>
  z.object({ channel: z.literal(name), ...common, reasons: z.array(z.enum(REASONS[name])), ...fields });

export const ReachabilityEventRow = z
  .object({
    event: z.discriminatedUnion("channel", [
      channel("SMS", { has_phone_number: z.boolean().nullable(), sms_marketing: Subscription }),
      channel("EMAIL", { has_email_address: z.boolean().nullable(), email_marketing: Subscription }),
      channel("PUSH", { is_optin: z.boolean().nullable(), platform: z.enum(PLATFORMS).nullable() }),
    ]),
    identifiers: z.object({
      ...ofPerson,
      installation_id: text.optional().meta({ description: "Of events of the channel `PUSH`." }),
    }),
  })
  .meta({ id: "ReachabilityEventRow", description: "A row of the dataset `reachability_events`." });

const Consents = names(names(z.enum(CONSENTS)));

const Event = z
  .object({
    correlationId: z.string().meta({ description: "The event's id." }),
    sourceEventTime: Count.meta({ description: "Epoch milliseconds; 0 where the event was sent without a time." }),
    typeId: z.string().meta({ description: "The id of the event's definition and its version.", example: "visit:2" }),
    createdAt: Count.meta({ description: "Epoch milliseconds: when the service received the event." }),
    data: names(PropertyValue),
  })
  .meta({ id: "SegmentProfileEvent" });

export const SegmentProfile = z
  .object({
    sections: names(
      z.object({
        attributes: names(z.object({ value: AttributeValue })).meta({ description: "A tag has the value null." }),
        events: z.array(Event).optional(),
        topics: Consents.optional(),
      }),
    ).meta({ description: "By the section's id." }),
  })
  .meta({ id: "SegmentProfile" });

export const SegmentProfilesDocument = z
  .object({ profiles: names(SegmentProfile).meta({ description: "By the profile's `person_id`." }) })
  .meta({ id: "SegmentProfilesDocument", description: "The result of the dataset `segment_profiles`." });
