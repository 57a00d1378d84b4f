/** /v1/events: send events, and list them. */

import * as z from "zod";
import { ingestEvents } from "../../ingest/ingest.ts";
import { listEvents } from "./list.ts";
import { resource } from "../resource.ts";
import { json, route } from "../route.ts";
import { Accepted, Id } from "../schemas.ts";

export const MAX_EVENTS = 5_000;
const MAX_BYTES = 15_728_640;

const SentEvent = z.strictObject({
  id: Id.nullish().meta({
    description: "If omitted, the service creates an id. An event whose id the space already has is a duplicate.",
  }),
  definition_id: z.string().min(1).max(64),
  person_id: Id.nullish(),
  external_person_id: Id.nullish().meta({ description: "Instead of `person_id`." }),
  session_id: Id.nullish(),
  company_id: Id.nullish().meta({ description: "If omitted, the company of the profile." }),
  occurred_at: z.iso
    .datetime({ offset: true })
    .nullish()
    .meta({ description: "If omitted, the time when the service receives the event." }),
  properties: z.record(z.string(), z.unknown()),
});

export const eventsResource = resource("/v1/events", [
  route({
    method: "POST",
    path: "/",
    operationId: "sendEvents",
    summary: "Send events",
    description: `1 to ${MAX_EVENTS} events, all or nothing; also as NDJSON with one event per line. An event whose id the space already has counts as a duplicate: the first one stays unchanged. An omitted property becomes null. If a person has no profile, a chatbot-session event creates one of type Customer; other events are rejected. A number that cannot be kept exactly is rejected: send it as a text.`,
    tag: "Events",
    auth: "events:write",
    body: {
      schema: z.strictObject({ events: z.array(SentEvent).min(1).max(MAX_EVENTS) }),
      maxBytes: MAX_BYTES,
      linesOf: { property: "events", maxItems: MAX_EVENTS },
      example: {
        events: [
          {
            id: "evt-1",
            definition_id: "order_placed",
            person_id: "p-1",
            occurred_at: "2026-01-15T10:23:45.123Z",
            properties: { order_id: "A-17", amount: 19.9 },
          },
        ],
      },
    },
    responses: {
      202: {
        description: "The records are stored. Exports that are created from now on contain them.",
        schema: Accepted,
      },
    },
    errors: ["conflict"],
    async handle(call, { space, body }) {
      const { runtime, databases } = call;
      const ingest = { db: databases.space(space.id), space, now: runtime.now(), uuid: () => runtime.uuid() };
      return json(await ingestEvents(ingest, body.events, (index) => `/events/${index}`), 202);
    },
  }),
  listEvents,
]);
