/** /v1/events: send events, and list them. */

import * as z from "zod";
import { SpillwayError } from "../../errors.ts";
import { ingestEvents } from "../../ingest/ingest.ts";
import { ingestPageEvents } from "../../ingest/visitors.ts";
import { answerDryRun, checkRowParameters, DryRunAnswer, dryRunQuery } from "./dry-run.ts";
import { listEvents } from "./list.ts";
import { MAX_RECORDS, sendRecords } from "../records.ts";
import type { Scope } from "../route.ts";
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

const query = z.strictObject({
  ...dryRunQuery,
  create_profiles: z.enum(["true", "false"]).default("false").meta({
    description:
      "`true` creates a profile for each person who has none, in the same transaction: with the `person_id` of the event, or with its `external_person_id` or `custom_id` and a new `person_id`. Profiles that exist stay as they are, and an event that is a duplicate creates none. Where the people definition `personCreated` is enabled, each new profile has its event. The key needs the scope `profiles:write` too.",
  }),
});

/** @param parameter which asks for it. @throws forbidden. */
function requireScope(scopes: readonly Scope[], scope: Scope, parameter: string): void {
  if (!scopes.includes(scope))
    throw new SpillwayError("forbidden", `${parameter} needs the scope ${scope}, which this key lacks.`);
}

export const eventsResource = resource("/v1/events", "Events", [
  sendRecords({
    operationId: "sendEvents",
    summary: "Send events",
    description: `1 to ${MAX_RECORDS} events, all or nothing; also as NDJSON with one event per line. An event whose id the space already has counts as a duplicate: the first one stays unchanged. An omitted property becomes null: rows show null for every property of the definition, and for every field of a list's items, as of the snapshot. An event has at most 1,990,000 bytes with these nulls, and a call stores at most 15,728,640 bytes. A call of much text that is not Latin may have to be sent in two: from 8,000,000 bytes on it can be rejected (413). If a person has no profile, a chatbot-session event creates one of type Customer; other events are rejected, unless \`create_profiles=true\` is sent. A number that cannot be kept exactly is rejected: send it as a text. A web page sends events with a key that has \`origins\`: at most 65,536 bytes a call, from these origins alone, and it may read the answer (CORS). Its events create the profile that they name by an unknown \`person_id\`; page views get browser, system, device, language, referrer, domain, path and timestamp from the request where they leave them out. A page's event \`personMerged\` links a visitor of \`GET /tracker.js\`, which \`mergedPersonId\` names, to the person whom the event names: the visitor is merged into this person, whose profile does not change. Other events of people that the service derives are refused from pages.`,
    auth: "events:write",
    pages: true,
    query,
    check({ query, scopes }) {
      checkRowParameters(query);
      if (query.create_profiles === "true") requireScope(scopes, "profiles:write", "create_profiles=true");
      if (query.dry_run === "true") requireScope(scopes, "events:read", "dry_run=true");
    },
    responses: {
      200: { description: "With `dry_run=true`: what the call would store. Nothing is stored.", schema: DryRunAnswer },
    },
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
    store: (ingest, records, pointers, query) => {
      const options = { createProfiles: query.create_profiles === "true" };
      return query.dry_run === "true"
        ? answerDryRun(ingest, records, pointers, query, options)
        : ingest.page === undefined
          ? ingestEvents(ingest, records, pointers, options)
          : ingestPageEvents(ingest, records, pointers);
    },
  }),
  listEvents,
]);
