/**
 * An event as a line of JSON, in the two row formats. Key order is fixed, and stored text is passed on as it is: the same event
 * gives the same bytes.
 *
 * `sessionId` is the event's `session_id` as it was sent. Only trackers on a web page have a session to name, so only their
 * events have one; the service knows no other sign of where an event came from, and says null for all others.
 */

import type { EventRecord } from "../db/events/events.ts";
import { FLOW_ELEMENT } from "../ingest/row-fields.ts";
import { iso, isoWithOffset } from "../time/names.ts";
import { quote, quoteOrNull } from "./json-text.ts";

/**
 * `definitionId, eventId, sessionId, personId, externalPersonId, occuredTime` (when the service received the event), then the
 * properties side by side; a property named like one of the former becomes `<definitionId>_<name>`.
 * @param clashing the definition's properties to rename, mostly none.
 * @param moments what moments.ts says of the event.
 */
export function flatRow(
  event: EventRecord,
  externalId: string | null,
  clashing: readonly string[],
  moments = "",
): string {
  const properties = clashing.length === 0 ? event.properties : renamed(event, clashing);
  return `{"definitionId":${quote(event.definitionId)},"eventId":${quote(event.id)},"sessionId":${quoteOrNull(event.sessionId)},"personId":${quote(event.personId)},"externalPersonId":${quoteOrNull(externalId)},"occuredTime":"${receivedText(event.receivedAt)}"${moments}${properties === "{}" ? "}" : `,${properties.slice(1)}`}`;
}

/** `definitionId, personId, externalPersonId, timestamp` (when it occurred), `properties` as an object. */
export function nestedRow(event: EventRecord, externalId: string | null, moments = ""): string {
  return `{"definitionId":${quote(event.definitionId)},"personId":${quote(event.personId)},"externalPersonId":${quoteOrNull(externalId)},"timestamp":"${iso(event.occurredAt)}"${moments},"properties":${event.properties}}`;
}

function renamed(event: EventRecord, clashing: readonly string[]): string {
  const properties = Object.entries(JSON.parse(event.properties) as Record<string, unknown>);
  const pairs = properties.flatMap(([name, value]) => {
    const clashes = clashing.includes(name);
    // It is one of the row's own fields, or is not known.
    if (clashes && name === FLOW_ELEMENT && (value === null || typeof value === "string")) return [];
    return [`${JSON.stringify(clashes ? `${event.definitionId}_${name}` : name)}:${JSON.stringify(value)}`];
  });
  return `{${pairs.join()}}`;
}

/** Events that came in one call share the time they came at. */
const lastReceived = { time: Number.NaN, text: "" };

function receivedText(time: number): string {
  if (time !== lastReceived.time) {
    lastReceived.time = time;
    lastReceived.text = isoWithOffset(time);
  }
  return lastReceived.text;
}
