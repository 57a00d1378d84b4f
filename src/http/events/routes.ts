/** /v1/events: send events, and list them. */

import * as z from "zod";
import { ingestEvents } from "../../ingest/ingest.ts";
import { listEvents } from "./list.ts";
import { MAX_RECORDS, sendRecords } from "../records.ts";
import { resource } from "../resource.ts";
import { Id } from "../schemas.ts";
import { Instant } from "../../time/instant.ts";

/** Of an event: a list property may have very many. */
const MAX_VALUES = 200_000;

const SentEvent = z.strictObject({
  id: Id.nullish().meta({
    description: "If omitted, the service creates an id. An event whose id the space already has is a duplicate.",
  }),
  definition_id: z.string().min(1).max(64),
  person_id: Id.nullish(),
  external_person_id: Id.nullish().meta({ description: "Instead of `person_id`." }),
  custom_id: Id.nullish().meta({ description: "Instead of `person_id`: the `custom_id` of the profile." }),
  session_id: Id.nullish().meta({
    description: "The session on a web page. If omitted, of `sessionStarted` and `sessionEnded` their `sessionId`.",
  }),
  company_id: Id.nullish().meta({ description: "If omitted, the company of the profile." }),
  occurred_at: Instant.nullish().meta({ description: "If omitted, the time when the service receives the event." }),
  properties: z.record(z.string(), z.unknown()),
});

export const eventsResource = resource("/v1/events", "Events", [
  sendRecords({
    operationId: "sendEvents",
    summary: "Send events",
    description: `1 to ${MAX_RECORDS} events, all or nothing; also as NDJSON with one event per line. An event whose id the space already has counts as a duplicate: the first one stays unchanged. An omitted property becomes null: rows show null for every property of the definition, and for every field of a list's items, as of the snapshot. An event has at most 1,990,000 bytes with these nulls, and a call stores at most 15,728,640 bytes. A call of much text that is not Latin may have to be sent in two: from 8,000,000 bytes on it can be rejected (413). If a person has no profile, a chatbot-session event creates one of type Customer; other events are rejected. A number that cannot be kept exactly is rejected: send it as a text. A web page sends events with a key that has \`origins\`: at most 65,536 bytes a call, from these origins alone, and it may read the answer (CORS).`,
    auth: "events:write",
    pages: true,
    property: "events",
    record: SentEvent,
    maxValues: MAX_VALUES,
    example: {
      id: "evt-1",
      definition_id: "order_placed",
      person_id: "p-1",
      occurred_at: "2026-01-15T10:23:45.123Z",
      properties: { order_id: "A-17", amount: 19.9 },
    },
    store: ingestEvents,
  }),
  listEvents,
]);
