/**
 * An event as a line of JSON, in the two row formats. Key order is fixed and stored text is copied unchanged: the same
 * event has the same bytes.
 *
 * `sessionId` is the event's `session_id` as it was sent. Only trackers on a web page send one; it is null for all
 * other events.
 */

import type { EventRecord } from "../db/events/events.ts";
import { FLOW_ELEMENT, OCCURRED_AT } from "../ingest/row-fields.ts";
import { iso, isoWithOffset } from "../time/names.ts";
import type { ValueRow } from "./dataset.ts";
import { quote, quoteOrNull } from "./json-text.ts";

/** What a row has beside its event's own values. */
export interface RowParts {
  /** The external id of the event's person. */
  externalId: string | null;
  /** Does the row have the fields that the seeds' rows do not have: `occurredAt`, and the nested `eventId`? */
  extra: boolean;
  /** The fields of flow-enrichment.ts, as JSON with a comma before each. */
  moments?: string | undefined;
}

/**
 * `definitionId, eventId, sessionId, personId, externalPersonId, occuredTime` (when the service received the event),
 * `occurredAt` (when it occurred), then the properties side by side; a property with the name of one of these fields
 * becomes `<definitionId>_<name>`.
 * @param clashing the definition's properties to rename, mostly none.
 */
export function flatRow(
  event: EventRecord,
  clashing: readonly string[],
  { externalId, extra, moments = "" }: RowParts,
): string {
  const properties = clashing.length === 0 ? event.properties : renameClashing(event, clashing);
  const occurred = extra ? `,"${OCCURRED_AT}":"${iso(event.occurredAt)}"` : "";
  return `{"definitionId":${quote(event.definitionId)},"eventId":${quote(event.id)},"sessionId":${quoteOrNull(event.sessionId)},"personId":${quote(event.personId)},"externalPersonId":${quoteOrNull(externalId)},"occuredTime":"${receivedText(event.receivedAt)}"${occurred}${moments}${properties === "{}" ? "}" : `,${properties.slice(1)}`}`;
}

/** `definitionId, eventId, personId, externalPersonId, timestamp` (when it occurred), `properties` as an object. */
export function nestedRow(event: EventRecord, { externalId, extra, moments = "" }: RowParts): string {
  const id = extra ? `,"eventId":${quote(event.id)}` : "";
  return `{"definitionId":${quote(event.definitionId)}${id},"personId":${quote(event.personId)},"externalPersonId":${quoteOrNull(externalId)},"timestamp":"${iso(event.occurredAt)}"${moments},"properties":${event.properties}}`;
}

/** The row in a format. @param clashing as of `flatRow`. */
export const eventRow = (
  format: "flat" | "nested",
  event: EventRecord,
  clashing: readonly string[],
  parts: RowParts,
): string => (format === "nested" ? nestedRow(event, parts) : flatRow(event, clashing, parts));

/** The row of `flatRow` as values; where properties are renamed or moments added, its line is all there is. */
export function flatValues(event: EventRecord, clashing: readonly string[], parts: RowParts): ValueRow {
  const line = () => flatRow(event, clashing, parts);
  if (clashing.length > 0 || parts.moments !== undefined) return { head: {}, rest: line(), line };
  const head: ValueRow["head"] = {
    definitionId: event.definitionId,
    eventId: event.id,
    sessionId: event.sessionId,
    personId: event.personId,
    externalPersonId: parts.externalId,
    occuredTime: receivedText(event.receivedAt),
  };
  if (parts.extra) head[OCCURRED_AT] = iso(event.occurredAt);
  return { head, rest: event.properties, line };
}

function renameClashing(event: EventRecord, clashing: readonly string[]): string {
  const properties = Object.entries(JSON.parse(event.properties) as Record<string, unknown>);
  const pairs = properties.flatMap(([name, value]) => {
    const clashes = clashing.includes(name);
    // An enriched row has the flow's element among its own fields, or leaves it out where it is null.
    if (clashes && name === FLOW_ELEMENT && (value === null || typeof value === "string")) return [];
    return [`${JSON.stringify(clashes ? `${event.definitionId}_${name}` : name)}:${JSON.stringify(value)}`];
  });
  return `{${pairs.join()}}`;
}

/** Events of one request have the same time of receipt: its text is formatted once. */
const lastReceived = { time: Number.NaN, text: "" };

function receivedText(time: number): string {
  if (time !== lastReceived.time) {
    lastReceived.time = time;
    lastReceived.text = isoWithOffset(time);
  }
  return lastReceived.text;
}
