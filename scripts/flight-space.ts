/**
 * The flights in Spillway: a space that keeps events for a hundred years, one definition, a profile an
 * airport, and each flight an event of the airport that it left. Has the events to send, and the rows that an export of
 * them must have.
 */

import type { Accepted, CreateEventDefinitionData, NewEvent, NewSpace, Spillway } from "../client/src/index.ts";
import type { Flight } from "./flights.ts";
import { createSpace } from "./spaces.ts";

const SPACE = { name: "Flights", timezone: "UTC", retention_days: 36_500 } as const;

const DEFINITION = {
  id: "flight",
  name: "Flight",
  properties: [
    { name: "origin", type: "text", required: true },
    { name: "destination", type: "text", required: true },
    { name: "delay", type: "number", required: true },
    { name: "distance", type: "number", required: true },
  ],
} satisfies CreateEventDefinitionData["body"];

/** IATA codes of every airport that a flight left or was bound for. */
export function airportsOf(flights: readonly Flight[]): string[] {
  return [...new Set(flights.flatMap(({ origin, destination }) => [origin, destination]))].toSorted();
}

/** A space that is ready for the flights. */
export async function createFlightSpace(
  origin: string,
  flights: readonly Flight[],
): Promise<{ space: NewSpace; client: Spillway }> {
  const { space, client } = await createSpace(origin, SPACE);
  await client.eventDefinitions.create(DEFINITION);
  const codes = airportsOf(flights);
  await client.profiles.put(codes.map((code) => ({ person_id: personOf(code), external_person_id: code })));
  return { space, client };
}

/** Sends all flights; a second time all are duplicates. @param onBatch receives the number sent so far. */
export function sendFlights(
  client: Spillway,
  flights: readonly Flight[],
  onBatch: (sent: number) => void = () => {},
): Promise<Accepted> {
  return client.events.send(eventsOf(flights), { concurrency: 2, onBatch });
}

function* eventsOf(flights: readonly Flight[]): Generator<NewEvent> {
  for (const [n, { departed_at, ...properties }] of flights.entries())
    yield {
      id: eventId(n),
      definition_id: DEFINITION.id,
      person_id: personOf(properties.origin),
      occurred_at: departed_at,
      properties,
    };
}

/** The expected rows with `row_format: "nested"`, in the order of an export. */
export function* nestedRows(flights: readonly Flight[]): Generator<Record<string, unknown>> {
  for (const [n, { departed_at, ...properties }] of flights.entries())
    yield {
      definitionId: DEFINITION.id,
      eventId: eventId(n),
      personId: personOf(properties.origin),
      externalPersonId: properties.origin,
      timestamp: departed_at,
      properties,
    };
}

/** The expected rows with `row_format: "flat"`, without `occuredTime`, the time when the service received the event. */
export function* flatRows(flights: readonly Flight[]): Generator<Record<string, unknown>> {
  for (const [n, { departed_at: occurredAt, ...properties }] of flights.entries())
    yield {
      definitionId: DEFINITION.id,
      eventId: eventId(n),
      sessionId: null,
      personId: personOf(properties.origin),
      externalPersonId: properties.origin,
      occurredAt,
      ...properties,
    };
}

function personOf(code: string): string {
  return `airport-${code}`;
}

/**
 * Derived from the flight's place in the source, so that the order of ids is the source's order also within a minute.
 */
function eventId(n: number): string {
  return `flight-${String(n).padStart(7, "0")}`;
}
