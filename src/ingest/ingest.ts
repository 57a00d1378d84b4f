/** Ingests events: looks up their definitions and persons, checks each event, writes all or none. */

import { BatchMemory } from "../db/core/batch-memory.ts";
import type { ExpectedDefinition } from "../db/events/definitions.ts";
import { eventBytes, EventRows, MAX_ROW_BYTES, type NewEvent } from "../db/events/event-rows.ts";
import { type IngestWrite, insertEvents } from "../db/events/insert.ts";
import type { NewProfile } from "../db/profiles/current.ts";
import { type Fault, SpillwayError } from "../errors.ts";
import { eventTimeFault, type IngestCall, type Rejected, storedIds, throwFaults, writeAll } from "./all-or-none.ts";
import { rulesOf } from "./catalogue/rules.ts";
import { definitionIds } from "./definition-lists.ts";
import { findDefinitions, type FoundDefinition, premiseOf } from "./definitions.ts";
import { deriveEvents, isDerived, NOBODY } from "./derived.ts";
import { enabledDerived, derivedIds, derivedRows } from "./derived-rows.ts";
import { type NamedPerson, type Naming, namesSent, type NewProfileType, Persons } from "./persons.ts";
import type { SentItems } from "./sent-items.ts";
import { type SessionHead, sessionHead, sessionLengths, withSession } from "./sessions.ts";
import { canonicalProperties } from "./validate.ts";
import { completePage } from "./web-page.ts";
import { didYouMean } from "../suggestion.ts";

/** An event as it was sent, after the schema's checks. */
export interface SentEvent extends Naming {
  id?: string | null | undefined;
  definition_id: string;
  session_id?: string | null | undefined;
  company_id?: string | null | undefined;
  occurred_at?: string | null | undefined;
  properties: Record<string, unknown>;
}

export interface IngestOptions {
  /** A person who has no profile gets one, whatever the event: without a type, and with the id that the event has. */
  createProfiles?: boolean;
}

/**
 * @param pointers the JSON pointer of each event in the body.
 * @throws invalid_request with a pointer to each fault; nothing is written then. conflict when other calls changed the
 * events' definitions or persons at each attempt.
 */
export async function ingestEvents(
  ingest: IngestCall,
  events: SentItems<SentEvent>,
  pointers: (index: number) => string,
  options: IngestOptions = {},
): Promise<{ accepted: number; duplicates: number }> {
  return writeAll(events, CHANGED, async () =>
    insertEvents(ingest.db, ingest.space.id, await checkEvents(ingest, events, pointers, options), ingest.now),
  );
}

const CHANGED =
  "Other calls changed the definitions or profiles of these events at the same time. Send the events again.";

/** The most bytes that one call stores. A number may be stored longer than it was sent: 1e15 has sixteen digits. */
const MAX_CALL_BYTES = 15_728_640;
const TOO_MUCH = `These events would be stored as more than ${MAX_CALL_BYTES} bytes, the most that one call may store. Send them in several calls.`;
const TOO_WIDE =
  "These events have too many characters that are not Latin, or quotes, to be written in one call of this size. Send them in several calls.";
const TOO_LARGE = "The event is larger than 1,990,000 bytes, the most that can be stored.";
const TOO_LARGE_FILLED =
  "The event's row would be larger than 1,990,000 bytes, the most that a row may have: it shows null for each property and list field that the event leaves out. Send fewer items in the list.";

/** The rejected events, and the unknown ids, of a call that get suggestions: each is compared with every known name. */
const MAX_SUGGESTING = 5;

/** What the look-ups before the final pass need of an event. */
type Head = Naming & Pick<SentEvent, "id" | "definition_id"> & { session: SessionHead | null };

function headOf(event: SentEvent, now: number): Head {
  const { id, definition_id, person_id, external_person_id, custom_id } = event;
  return { id, definition_id, person_id, external_person_id, custom_id, session: sessionHead(event, now) };
}

/**
 * Checks the events of a call.
 * @param onWritten is called with each event, and its place in the call, that is written unless its id is stored.
 * @returns what the call writes.
 * @throws as `ingestEvents`.
 */
export async function checkEvents(
  ingest: IngestCall,
  events: SentItems<SentEvent>,
  pointers: (index: number) => string,
  { createProfiles = false }: IngestOptions,
  onWritten: (event: NewEvent, person: NamedPerson, index: number) => void = () => {},
): Promise<IngestWrite> {
  const heads = Array.from(events, (event) => headOf(event, ingest.now));
  const ids = [...new Set(heads.map((event) => event.definition_id))];
  const [definitions, persons] = await Promise.all([
    findDefinitions(ingest.db, ingest.space, ids),
    Persons.of(ingest.db, ingest.space.id, heads, ingest.uuid),
  ]);
  const meant = await suggestions(ingest, ids, definitions);
  const missingProfile = (event: Pick<Head, "definition_id" | "person_id">): NewProfileType | null => {
    const definition = definitions.get(event.definition_id);
    const type = definition === undefined ? undefined : rulesOf(definition).createsProfileOfType;
    return type !== undefined ? { type } : createProfiles || isOfPage(ingest, event) ? { type: null } : null;
  };
  // An event that is not written, because its id is stored already, creates no profile.
  const creating = heads.filter((event) => missingProfile(event) !== null && !persons.has(event));
  const seen = await storedIds(ingest, "events", creating);
  const lengths = await sessionLengths(ingest, heads, definitions, persons);
  const makers: string[] = [];
  const rejected: Rejected[] = [];
  const memory = new BatchMemory();
  const rows = new EventRows(memory);
  const written = new Map<string, FoundDefinition>();
  const firstEvents: Pick<NewEvent, "id" | "definition_id">[] = [];
  const personIds = new Set<string>();
  let bytes = 0;
  let index = -1;
  for (const event of events.finalPass()) {
    index += 1;
    const faults: Fault[] = [];
    const pointer = pointers(index);
    const definition = definitions.get(event.definition_id);
    const id = event.id ?? ingest.uuid();
    const missing = missingProfile(event);
    const duplicate = missing !== null && seen.has(id) && !persons.has(event) && namesSent(event) === 1;
    const before = persons.created.length;
    const person = duplicate ? UNWRITTEN : persons.find(event, missing, pointer, faults);
    if (persons.created.length > before) makers.push(id);
    if (creating.length > 0) seen.add(id);
    const occurredAt = occurredAtOf(event, ingest, pointer, faults);
    const definitionFault = (detail: string) => void faults.push({ pointer: `${pointer}/definition_id`, detail });
    if (definition === undefined)
      definitionFault(
        `The space has no event definition ${event.definition_id}.${meant.get(event.definition_id) ?? ""}`,
      );
    else if (ingest.page !== undefined && isDerived(definition))
      definitionFault(`Events of ${event.definition_id} follow from changes of profiles: a page cannot send them.`);
    else if (!definition.enabled) definitionFault(`The event definition ${event.definition_id} is disabled.`);
    if (definition !== undefined && person !== null) {
      const at = `${pointer}/properties`;
      const suggests = rejected.length < MAX_SUGGESTING;
      const { page } = ingest;
      const { sessionId, properties } = withSession(definition, event, lengths.get(index));
      const sent =
        page === undefined ? properties : completePage(definition, properties, occurredAt, page, ingest.space.timezone);
      const { text, missingBytes } = canonicalProperties(definition, sent, at, faults, suggests);
      const row: NewEvent = {
        id,
        definition_id: definition.id,
        definition_version: definition.version,
        person_id: person.person_id,
        company_id: event.company_id ?? person.company_id,
        session_id: sessionId,
        occurred_at: occurredAt,
        properties: text,
      };
      const stored = eventBytes(row);
      if (stored + missingBytes > MAX_ROW_BYTES)
        faults.push({ pointer: at, detail: stored > MAX_ROW_BYTES ? TOO_LARGE : TOO_LARGE_FILLED });
      bytes += stored;
      if (bytes > MAX_CALL_BYTES) throw new SpillwayError("payload_too_large", TOO_MUCH);
      if (!duplicate && faults.length === 0) {
        rows.add(row);
        onWritten(row, person, index);
        if (memory.isTooLarge) throw new SpillwayError("payload_too_large", TOO_WIDE);
        written.set(definition.id, definition);
        personIds.add(person.person_id);
        if (!definition.used) firstEvents.push({ id, definition_id: definition.id });
      }
    }
    if (faults.length > 0) rejected.push({ id: event.id, faults });
  }
  await throwFaults(ingest, "events", rejected);
  const { made, definitions: derivedFrom } = await deriveOfNew(ingest, persons.created);
  return {
    events: rows,
    firstEvents,
    profiles: persons.created,
    profileCreatingIds: makers,
    derived: made,
    definitions: [...Array.from(written.values(), premiseOf), ...derivedFrom],
    personIds: [...personIds],
  };
}

/**
 * A page's event creates the person whom it names by `person_id`. By another id it would take an id that the space's
 * own profile of the person needs.
 */
const isOfPage = ({ page }: IngestCall, event: Naming) => page !== undefined && (event.person_id ?? null) !== null;

/** unknown id → a sentence that names the definition which it may have meant. */
async function suggestions(
  ingest: IngestCall,
  ids: readonly string[],
  definitions: ReadonlyMap<string, FoundDefinition>,
): Promise<Map<string, string>> {
  const unknown = ids.filter((id) => !definitions.has(id)).slice(0, MAX_SUGGESTING);
  const known = unknown.length === 0 ? [] : await definitionIds(ingest.db, ingest.space.id);
  return new Map(unknown.map((id) => [id, didYouMean(id, known)]));
}

/** The placeholder for the person of an event that is not written. */
const UNWRITTEN: NamedPerson = { person_id: "", external_person_id: null, company_id: null };

/** The derived events of new profiles. */
async function deriveOfNew(
  ingest: IngestCall,
  profiles: readonly NewProfile[],
): Promise<{ made: NewEvent[]; definitions: ExpectedDefinition[] }> {
  if (profiles.length === 0) return { made: [], definitions: [] };
  const definitions = await enabledDerived(ingest.db, ingest.space);
  const ids = derivedIds(ingest.uuid());
  const made = profiles.flatMap((profile) => {
    const state = { ...NOBODY, ...profile };
    const person = { person_id: profile.person_id, company_id: null };
    return derivedRows(definitions, person, deriveEvents(null, state), ingest.now, ids);
  });
  return { made, definitions: [...definitions.values()].map(premiseOf) };
}

/** An event without `occurred_at` occurred when it was received. */
function occurredAtOf(event: SentEvent, ingest: IngestCall, pointer: string, faults: Fault[]): number {
  if (event.occurred_at === null || event.occurred_at === undefined) return ingest.now;
  const time = Date.parse(event.occurred_at);
  const detail = eventTimeFault("occurred_at", time, ingest.now, ingest.space.retention_days);
  if (detail !== null) faults.push({ pointer: `${pointer}/occurred_at`, detail });
  return time;
}
