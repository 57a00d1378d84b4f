/**
 * Moments: what a row says of the flow that its event came from. The event names its flow element in its property `flowElementId`
 * (a text); the flows that stood at the snapshot say the rest.
 *
 * The fields are `campaignName`, `elementName`, `campaignStart` (written as `occuredTime` is) and `flowElementId`, in this order,
 * right after the mandatory fields of either row format. Each is there only where it is known: an element that no flow has
 * leaves `flowElementId` alone, and an event without one gets no field at all.
 *
 * In a nested row the properties stand apart and stay as they are, `flowElementId` among them. A flat row has one `flowElementId`:
 * the property is the field, so it stands with the other fields and not among the properties, and is left out where it is null. A
 * property with another of these names, and a `flowElementId` that is no text, gives way as one named like a mandatory field does: it becomes
 * `<definitionId>_<name>`, on every row of its definition, enriched or not.
 */

import { elementsAt } from "../db/flows.ts";
import type { EventRecord } from "../db/events.ts";
import { FLOW_ELEMENT } from "../events/row-fields.ts";
import { isoWithOffset } from "../time/names.ts";
import { AtSnapshot } from "./at-snapshot.ts";
import type { Opening } from "./dataset.ts";

const MOST_ELEMENTS = 10_000;
/** An element's id has at most 200 bytes: what is longer is none, and need not be looked for. */
const LONGEST_ID = 200;

/** element → the fields before `flowElementId`, as JSON, each with a comma before it. */
const elements = new AtSnapshot<string>(MOST_ELEMENTS, async (db, spaceId, seq, ids) => {
  const rows = await elementsAt(db, spaceId, seq, ids);
  return rows.map((row) => {
    const start = row.campaign_start === null ? null : isoWithOffset(row.campaign_start);
    return [
      row.id,
      text("campaignName", row.campaign_name) + text("elementName", row.name) + text("campaignStart", start),
    ];
  });
});

const text = (field: string, value: string | null) => (value === null ? "" : `,"${field}":${JSON.stringify(value)}`);

/** @returns for each event of a page the fields as JSON, each with a comma before it; "" where no flow produced it. */
export async function moments(
  { db, spaceId, snapshotSeq }: Opening,
  events: readonly EventRecord[],
): Promise<string[]> {
  const named = events.map(flowElementOf);
  const asked = named.filter((id) => id !== null).filter((id) => id.length <= LONGEST_ID);
  const known = await elements.look(db, spaceId, snapshotSeq, asked);
  return named.map((id) => (id === null ? "" : `${known.get(id) ?? ""}${text(FLOW_ELEMENT, id)}`));
}

/** Most events have no such property: those need not be parsed. */
function flowElementOf({ properties }: EventRecord): string | null {
  if (!properties.includes(`"${FLOW_ELEMENT}":`)) return null;
  const value = (JSON.parse(properties) as Record<string, unknown>)[FLOW_ELEMENT];
  return typeof value === "string" ? value : null;
}
