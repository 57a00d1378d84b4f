/** Takes events in: looks up what they name, checks each, writes all or none. */

import * as z from "zod";
import { type Database, isGuardFailure } from "../db/database.ts";
import { findDefinitions } from "../db/definitions.ts";
import { insertEvents, MAX_ROW_BYTES, type NewEvent } from "../db/ingest.ts";
import { resolvePersons } from "../db/profiles.ts";
import { type Fault, invalid, SpillwayError } from "../errors.ts";
import { Property } from "./definition.ts";
import { canonicalProperties } from "./validate.ts";

/** An event as it was sent, its shape checked. */
export interface SentEvent {
  id?: string | null | undefined;
  definition_id: string;
  person_id?: string | null | undefined;
  external_person_id?: string | null | undefined;
  session_id?: string | null | undefined;
  company_id?: string | null | undefined;
  occurred_at?: string | null | undefined;
  properties: Record<string, unknown>;
}

export interface Ingest {
  db: Database;
  space: { id: string; retention_days: number };
  now: number;
  uuid: () => string;
}

const DAY_MS = 86_400_000;
const MOST_AHEAD_MS = 5 * 60_000;
const MOST_FAULTS = 100;
/** A definition that changes, or a person who goes, between the look and the write: look again. */
const MOST_LOOKS = 3;

/**
 * @param pointers where each event stands in the body.
 * @throws invalid_request with a pointer to each event that is wrong; nothing is written then.
 */
export async function ingestEvents(
  ingest: Ingest,
  events: readonly SentEvent[],
  pointers: (index: number) => string,
): Promise<{ accepted: number; duplicates: number }> {
  for (let look = 1; ; look += 1) {
    const { rows, premise } = await check(ingest, events, pointers);
    try {
      const accepted = await insertEvents(ingest.db, ingest.space.id, rows, premise, ingest.now);
      return { accepted, duplicates: events.length - accepted };
    } catch (thrown) {
      if (!isGuardFailure(thrown)) throw thrown;
      if (look >= MOST_LOOKS)
        throw new SpillwayError(
          "conflict",
          "What these events name changed while they were taken in. Send them again.",
        );
    }
  }
}

interface Definition {
  id: string;
  version: number;
  enabled: boolean;
  properties: readonly z.output<typeof Property>[];
}

async function check(ingest: Ingest, events: readonly SentEvent[], pointers: (index: number) => string) {
  const [definitions, persons] = await Promise.all([definitionsOf(ingest, events), personsOf(ingest, events)]);
  const faults: Fault[] = [];
  const rows: NewEvent[] = [];
  for (const [index, event] of events.entries()) {
    if (faults.length >= MOST_FAULTS) break;
    const pointer = pointers(index);
    const definition = definitions.get(event.definition_id);
    const person = whoIs(event, persons, pointer, faults);
    const occurredAt = whenWas(event, ingest, pointer, faults);
    if (definition === undefined)
      faults.push({
        pointer: `${pointer}/definition_id`,
        detail: `There is no event definition ${event.definition_id}.`,
      });
    else if (!definition.enabled)
      faults.push({
        pointer: `${pointer}/definition_id`,
        detail: `The event definition ${event.definition_id} is disabled.`,
      });
    if (definition === undefined || person === null) continue;
    const row: NewEvent = {
      id: event.id ?? ingest.uuid(),
      definition_id: definition.id,
      definition_version: definition.version,
      person_id: person.person_id,
      company_id: event.company_id ?? person.company_id,
      session_id: event.session_id ?? null,
      occurred_at: occurredAt,
      properties: canonicalProperties(definition, event.properties, `${pointer}/properties`, faults),
    };
    if (rowBytes(row) > MAX_ROW_BYTES)
      faults.push({
        pointer: `${pointer}/properties`,
        detail: "The event is larger than the 1,990,000 bytes that can be stored.",
      });
    rows.push(row);
  }
  if (faults.length > 0) throw invalid(...faults.slice(0, MOST_FAULTS));
  const versions = new Map(rows.map((row) => [row.definition_id, row.definition_version]));
  return { rows, premise: { definitions: [...versions], personIds: [...new Set(rows.map((row) => row.person_id))] } };
}

function rowBytes(row: NewEvent): number {
  const texts = [row.id, row.definition_id, row.person_id, row.company_id, row.session_id, row.properties];
  return texts.reduce((sum, text) => sum + (text === null ? 0 : Buffer.byteLength(text)), 0);
}

async function definitionsOf(ingest: Ingest, events: readonly SentEvent[]): Promise<Map<string, Definition>> {
  const ids = [...new Set(events.map((event) => event.definition_id))];
  const found = await findDefinitions(ingest.db, ingest.space.id, ids);
  const properties = z.array(Property);
  return new Map(
    found.map((row) => [
      row.id,
      {
        id: row.id,
        version: row.version,
        enabled: row.enabled === 1,
        properties: properties.parse(JSON.parse(row.properties)),
      },
    ]),
  );
}

interface Person {
  person_id: string;
  company_id: string | null;
}

async function personsOf(ingest: Ingest, events: readonly SentEvent[]) {
  const sent = (of: (event: SentEvent) => string | null | undefined) =>
    [...new Set(events.map(of))].filter((id) => id !== null && id !== undefined);
  const found = await resolvePersons(
    ingest.db,
    ingest.space.id,
    sent((event) => event.person_id),
    sent((event) => event.external_person_id),
  );
  return {
    byId: new Map<string, Person>(found.map((person) => [person.person_id, person])),
    byExternalId: new Map<string | null, Person>(found.map((person) => [person.external_person_id, person])),
  };
}

/** Exactly one of the two ids says who it was, and the profile is there. */
function whoIs(
  event: SentEvent,
  persons: Awaited<ReturnType<typeof personsOf>>,
  pointer: string,
  faults: Fault[],
): Person | null {
  const { person_id: id, external_person_id: externalId } = event;
  const both = typeof id === "string" && typeof externalId === "string";
  if (both || (typeof id !== "string" && typeof externalId !== "string")) {
    faults.push({
      pointer: `${pointer}/person_id`,
      detail: "Exactly one of person_id and external_person_id is needed.",
    });
    return null;
  }
  const found = typeof id === "string" ? persons.byId.get(id) : persons.byExternalId.get(externalId ?? null);
  if (found !== undefined) return found;
  faults.push(
    typeof id === "string"
      ? { pointer: `${pointer}/person_id`, detail: `There is no profile ${id}.` }
      : { pointer: `${pointer}/external_person_id`, detail: `There is no profile with the external id ${externalId}.` },
  );
  return null;
}

/** Left out: when it was received. Not more than five minutes ahead, not older than the space keeps events. */
function whenWas(event: SentEvent, ingest: Ingest, pointer: string, faults: Fault[]): number {
  if (event.occurred_at === null || event.occurred_at === undefined) return ingest.now;
  const time = Date.parse(event.occurred_at);
  const at = `${pointer}/occurred_at`;
  if (time > ingest.now + MOST_AHEAD_MS)
    faults.push({ pointer: at, detail: "occurred_at is more than five minutes in the future." });
  else if (time < ingest.now - ingest.space.retention_days * DAY_MS)
    faults.push({
      pointer: at,
      detail: `occurred_at is older than this space keeps events: ${ingest.space.retention_days} days.`,
    });
  return time;
}
