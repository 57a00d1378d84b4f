/**
 * Moments: the fields that a row has of the flow that produced its event. The event's property `flowElementId` (a text)
 * names the flow's element; where that element is unknown, the property `flowId` names the flow. The rest comes from
 * the flows as of the snapshot.
 *
 * The fields are `campaignName`, `elementName`, `campaignStart` (formatted as `occuredTime`) and `flowElementId`, in
 * this order, right after the mandatory fields in both row formats. A field is left out where it is unknown: an unknown
 * element without a known flow has `flowElementId` only, and an event without both properties has no field.
 *
 * A nested row keeps all properties unchanged, `flowElementId` among them. A flat row has `flowElementId` once, among
 * these fields, and leaves it out where it is null. A property with the name of another field, and a `flowElementId`
 * that is not a text, is renamed to `<definitionId>_<name>` on every row of its definition, enriched or not.
 */

import { elementsAt, flowsAt } from "../db/events/flows.ts";
import type { EventRecord } from "../db/events/events.ts";
import { FLOW_ELEMENT } from "../ingest/row-fields.ts";
import { isoWithOffset } from "../time/names.ts";
import { SnapshotCache } from "./snapshot-cache.ts";
import type { AsOf } from "./dataset.ts";

const MAX_KNOWN = 10_000;
/** The property that names an event's flow. */
const FLOW = "flowId";
/** Ids have at most 200 bytes: a longer text is no id and is not looked up. */
const MAX_ID_LENGTH = 200;

/** element → the fields before `flowElementId`, as JSON, each with a comma before it. */
const elements = new SnapshotCache<string>(MAX_KNOWN, async ({ db, spaceId, seq }, ids) =>
  (await elementsAt(db, spaceId, seq, ids)).map((row) => [row.id, campaignFields(row, row.name)]),
);

/** flow → the same, without an element's name. */
const flows = new SnapshotCache<string>(MAX_KNOWN, async ({ db, spaceId, seq }, ids) =>
  (await flowsAt(db, spaceId, seq, ids)).map((row) => [row.id, campaignFields(row, null)]),
);

function campaignFields(
  flow: { campaign_name: string | null; campaign_start: number | null },
  element: string | null,
): string {
  const start = flow.campaign_start === null ? null : isoWithOffset(flow.campaign_start);
  return (
    textField("campaignName", flow.campaign_name) +
    textField("elementName", element) +
    textField("campaignStart", start)
  );
}

const textField = (field: string, value: string | null) =>
  value === null ? "" : `,"${field}":${JSON.stringify(value)}`;

/** @returns for each event its fields as JSON, each with a comma before it; "" if no flow produced the event. */
export async function flowEnrichment(
  asOf: AsOf,
  events: readonly Pick<EventRecord, "properties">[],
): Promise<string[]> {
  const named = events.map(flowIdsIn);
  const known = await elements.look(asOf, validIds(named.map(({ element }) => element)));
  const others = named.map(({ element, flow }) => ((known.get(element ?? "") ?? null) === null ? flow : null));
  const campaigns = await flows.look(asOf, validIds(others));
  return named.map(({ element, flow }) => {
    const fields = known.get(element ?? "") ?? campaigns.get(flow ?? "") ?? "";
    return fields + textField(FLOW_ELEMENT, element);
  });
}

const validIds = (ids: readonly (string | null)[]) =>
  ids.filter((id) => id !== null).filter((id) => id.length <= MAX_ID_LENGTH);

/** Most events have neither property: their JSON is not parsed. */
function flowIdsIn({ properties }: Pick<EventRecord, "properties">): { element: string | null; flow: string | null } {
  if (!properties.includes(`"${FLOW_ELEMENT}":`) && !properties.includes(`"${FLOW}":`))
    return { element: null, flow: null };
  const values = JSON.parse(properties) as Record<string, unknown>;
  const textIn = (name: string) => (typeof values[name] === "string" ? values[name] : null);
  return { element: textIn(FLOW_ELEMENT), flow: textIn(FLOW) };
}
