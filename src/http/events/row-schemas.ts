/** The rows of events as answers show them. */

import * as z from "zod";

export const FlatRow = z
  .looseObject({
    definitionId: z.string(),
    eventId: z.string(),
    sessionId: z.string().nullable(),
    personId: z.string(),
    externalPersonId: z.string().nullable(),
    occuredTime: z
      .string()
      .meta({ description: "The time when the service received the event.", example: "2026-01-15T10:23:45.123+0000" }),
    occurredAt: z.string().optional().meta({
      description: "The time when the event occurred. Left out with `extra_fields=false`.",
      example: "2026-01-15T10:23:45.123Z",
    }),
  })
  .meta({
    id: "FlatEventRow",
    description:
      "An event with its properties as further fields; with `enrich_with_moments_info`, the fields of its flow as well.",
  });

export const NestedRow = z
  .looseObject({
    definitionId: z.string(),
    eventId: z.string().optional().meta({ description: "Left out with `extra_fields=false`." }),
    personId: z.string(),
    externalPersonId: z.string().nullable(),
    timestamp: z
      .string()
      .meta({ description: "The time when the event occurred.", example: "2026-01-15T10:23:45.123Z" }),
    campaignName: z.string().optional(),
    elementName: z.string().optional(),
    campaignStart: z.string().optional().meta({ example: "2026-01-10T08:00:00.000+0000" }),
    flowElementId: z.string().optional(),
    properties: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "NestedEventRow" });
