/** A dry run of a call with events: every check of the call, what it would store, and no write. */

import type { EventRecord } from "../db/events/events.ts";
import { eventBytes } from "../db/events/event-rows.ts";
import { type IngestCall, storedIds } from "./all-or-none.ts";
import { checkEvents, type IngestOptions, type SentEvent } from "./ingest.ts";
import type { SentItems } from "./sent-items.ts";

/** An event as it would be stored, with the external id of its person. */
export interface PreviewedEvent extends EventRecord {
  externalId: string | null;
}

export interface DryRun {
  /** How many events the call would store. */
  accepted: number;
  /** The first of them, in the order of the call, up to so many bytes as asked for. */
  events: PreviewedEvent[];
  /** The places in the call of the other events, whose ids are known: duplicates. */
  duplicates: number[];
  /** How many profiles the events would create. */
  createdProfiles: number;
}

/**
 * An event without an id gets one here, and another one in each call that stores it.
 * @param pointers the JSON pointer of each event in the body.
 * @param maxBytes of the events that are returned: those after them are counted alone.
 * @throws what `ingestEvents` would throw for its events; never for what other calls change meanwhile.
 */
export async function dryRunEvents(
  ingest: IngestCall,
  events: SentItems<SentEvent>,
  pointers: (index: number) => string,
  options: IngestOptions,
  maxBytes: number,
): Promise<DryRun> {
  const known = await storedIds(
    ingest,
    "events",
    Array.from(events, ({ id }) => ({ id })),
  );
  const accepted = new Set<number>();
  const previewed: PreviewedEvent[] = [];
  let bytes = 0;
  const write = await checkEvents(ingest, events, pointers, options, (event, person, index) => {
    if (known.has(event.id)) return;
    known.add(event.id);
    accepted.add(index);
    bytes += eventBytes(event);
    if (previewed.length > 0 && bytes > maxBytes) return;
    previewed.push({
      occurredAt: event.occurred_at,
      id: event.id,
      definitionId: event.definition_id,
      personId: event.person_id,
      sessionId: event.session_id,
      companyId: event.company_id,
      receivedAt: ingest.now,
      properties: event.properties,
      externalId: person.external_person_id,
    });
  });
  const places = Array.from({ length: events.length }, (_, index) => index);
  return {
    accepted: accepted.size,
    events: previewed,
    duplicates: places.filter((index) => !accepted.has(index)),
    createdProfiles: write.profiles.length,
  };
}
