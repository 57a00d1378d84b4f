/**
 * Moments: what a row says of the flow that its event came from. The event names its flow element in its property `flowElementId`
 * (a text), or, where that names none that is known, its flow in `flowId`; the flows that stood at the snapshot say the rest.
 *
 * The fields are `campaignName`, `elementName`, `campaignStart` (written as `occuredTime` is) and `flowElementId`, in this order,
 * right after the mandatory fields of either row format. Each is there only where it is known: an element that no flow has, of
 * an event that names no flow, leaves `flowElementId` alone, and an event that names neither gets no field at all.
 *
 * In a nested row the properties stand apart and stay as they are, `flowElementId` among them. A flat row has one `flowElementId`:
 * the property is the field, so it stands with the other fields and not among the properties, and is left out where it is null. A
 * property with another of these names, and a `flowElementId` that is no text, gives way as one named like a mandatory field does: it becomes
 * `<definitionId>_<name>`, on every row of its definition, enriched or not.
 */

import { elementsAt, flowsAt } from "../db/events/flows.ts";
import type { EventRecord } from "../db/events/events.ts";
import { FLOW_ELEMENT } from "../ingest/row-fields.ts";
import { isoWithOffset } from "../time/names.ts";
import { SnapshotCache } from "./snapshot-cache.ts";
import type { Opening } from "./dataset.ts";

const MAX_KNOWN = 10_000;
/** The property that names an event's flow. */
const FLOW = "flowId";
/** An id has at most 200 bytes: what is longer is none, and need not be looked for. */
const LONGEST_ID = 200;

/** element → the fields before `flowElementId`, as JSON, each with a comma before it. */
const elements = new SnapshotCache<string>(MAX_KNOWN, async (db, spaceId, seq, ids) =>
  (await elementsAt(db, spaceId, seq, ids)).map((row) => [row.id, campaignOf(row, row.name)]),
);

/** flow → the same, without an element's name. */
const flows = new SnapshotCache<string>(MAX_KNOWN, async (db, spaceId, seq, ids) =>
  (await flowsAt(db, spaceId, seq, ids)).map((row) => [row.id, campaignOf(row, null)]),
);

function campaignOf(of: { campaign_name: string | null; campaign_start: number | null }, element: string | null) {
  const start = of.campaign_start === null ? null : isoWithOffset(of.campaign_start);
  return text("campaignName", of.campaign_name) + text("elementName", element) + text("campaignStart", start);
}

const text = (field: string, value: string | null) => (value === null ? "" : `,"${field}":${JSON.stringify(value)}`);

/** @returns for each event of a page the fields as JSON, each with a comma before it; "" where no flow produced it. */
export async function flowEnrichment(
  { db, spaceId, snapshotSeq }: Opening,
  events: readonly EventRecord[],
): Promise<string[]> {
  const named = events.map(namesOf);
  const known = await elements.look(db, spaceId, snapshotSeq, idsIn(named.map(({ element }) => element)));
  const others = named.map(({ element, flow }) => ((known.get(element ?? "") ?? null) === null ? flow : null));
  const campaigns = await flows.look(db, spaceId, snapshotSeq, idsIn(others));
  return named.map(({ element, flow }) => {
    const said = known.get(element ?? "") ?? campaigns.get(flow ?? "") ?? "";
    return said + text(FLOW_ELEMENT, element);
  });
}

const idsIn = (ids: readonly (string | null)[]) =>
  ids.filter((id) => id !== null).filter((id) => id.length <= LONGEST_ID);

const NONE = { element: null, flow: null };

/** Most events have no such properties: those need not be parsed. */
function namesOf({ properties }: EventRecord): { element: string | null; flow: string | null } {
  if (!properties.includes(`"${FLOW_ELEMENT}":`) && !properties.includes(`"${FLOW}":`)) return NONE;
  const values = JSON.parse(properties) as Record<string, unknown>;
  const textIn = (name: string) => (typeof values[name] === "string" ? values[name] : null);
  return { element: textIn(FLOW_ELEMENT), flow: textIn(FLOW) };
}
