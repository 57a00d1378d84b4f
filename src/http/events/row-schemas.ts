/** The rows of events and conversions, in answers and in files. */

import * as z from "zod";
import { AD_FIELDS, ConversionName, Model, TouchpointSource } from "../../datasets/conversion-events/request.ts";
import { Time } from "../schemas.ts";

const Scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** The value of an event's property. */
export const PropertyValue = z
  .union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.record(z.string(), Scalar))])
  .meta({ id: "PropertyValue", description: "The value of an event's property; a list has objects." });

/** A time as two fields of rows have it: `2026-01-15T10:23:45.123+0000`. */
const TimeWithOffset = z.string().regex(/\+0000$/);

/** With `enrich_with_moments_info`, of the flow that produced the event: each where it is known. */
const flow = {
  campaignName: z.string().optional(),
  elementName: z.string().optional(),
  campaignStart: TimeWithOffset.optional().meta({ example: "2026-01-10T08:00:00.000+0000" }),
  flowElementId: z.string().optional(),
};

export const FlatRow = z
  .object({
    definitionId: z.string(),
    eventId: z.string(),
    sessionId: z.string().nullable(),
    personId: z.string(),
    externalPersonId: z.string().nullable(),
    occuredTime: TimeWithOffset.meta({
      description: "The time when the service received the event.",
      example: "2026-01-15T10:23:45.123+0000",
    }),
    occurredAt: Time.optional().meta({
      description: "The time when the event occurred. Left out with `extra_fields=false`.",
    }),
  })
  .catchall(PropertyValue)
  .meta({
    id: "FlatEventRow",
    description:
      "An event with its properties as further fields; with `enrich_with_moments_info`, the fields of its flow as well.",
  });

export const NestedRow = z
  .object({
    definitionId: z.string(),
    eventId: z.string().optional().meta({ description: "Left out with `extra_fields=false`." }),
    personId: z.string(),
    externalPersonId: z.string().nullable(),
    timestamp: Time.meta({ description: "The time when the event occurred." }),
    ...flow,
    properties: z.record(z.string(), PropertyValue),
  })
  .meta({ id: "NestedEventRow" });

/** A row of `activity_events`. */
export const ActivityEventRow = z.union([FlatRow, NestedRow]).meta({
  id: "ActivityEventRow",
  description: "A row of the dataset `activity_events`, by `row_format`.",
});

/** Ids are numbers with `numeric_ids`, where they are whole numbers. */
const Id = z.union([z.string(), z.int()]);
const text = z.string().nullable().optional();

export const ConversionRow = z
  .object({
    id: Id,
    event_time_utc: Time,
    touchpoint_id: z.string().optional().meta({ description: "With `sources`." }),
    model: Model.optional().meta({ description: "With a list of models." }),
    source: TouchpointSource.optional().meta({ description: "With `sources` and a field of ads." }),
    profile_id: Id.optional(),
    company_id: Id.nullable().optional(),
    space_id: z.uuid().optional(),
    event_name: ConversionName.optional(),
    configured_name: z.string().optional(),
    amount: z.number().nullable().optional().meta({ description: "With `sources`, the touchpoint's share." }),
    is_upsell: z.boolean().nullable().optional(),
    ...Object.fromEntries(AD_FIELDS.map((name) => [name, text])),
    order_id: text,
    order_name: text,
    event_url: text,
  })
  .meta({
    id: "ConversionRow",
    description: "A row of the dataset `conversion_events`. The optional fields are those that the request names.",
  });
