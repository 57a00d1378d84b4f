/** The rows of `activity_events` that events would have, which are not stored: those of a dry run. */

import { definitionsAt } from "../ingest/definitions.ts";
import type { PreviewedEvent } from "../ingest/dry-run.ts";
import { clashesOf, type FlatFields } from "../ingest/row-fields.ts";
import type { AsOf, Page } from "./dataset.ts";
import { propertyFiller } from "./event-properties.ts";
import { eventKey } from "./event-source.ts";
import { flowEnrichment } from "./flow-enrichment.ts";
import { linePages } from "./lines.ts";
import { eventRow } from "./rows.ts";

/** Events with one page of rows are looked up together. */
const GROUP_EVENTS = 1_000;

/** How an export would be asked for these rows. */
export interface PreviewRequest {
  row_format: "flat" | "nested";
  fields: FlatFields;
}

/** @param asOf the present. @returns pages with the rows of the events, in the events' order. */
export async function* previewPages(
  asOf: AsOf,
  { row_format: format, fields }: PreviewRequest,
  events: readonly PreviewedEvent[],
): AsyncGenerator<Page> {
  const { db, spaceId, seq } = asOf;
  for (let from = 0; from < events.length; from += GROUP_EVENTS) {
    const group = events.slice(from, from + GROUP_EVENTS);
    const ids = [...new Set(group.map((event) => event.definitionId))];
    const [definitions, fill, flows] = await Promise.all([
      definitionsAt(db, spaceId, seq, ids),
      propertyFiller(asOf, ids),
      fields.enriched ? flowEnrichment(asOf, group) : [],
    ]);
    const clashes = new Map(clashesOf(definitions, fields));
    const lineOf = (event: PreviewedEvent, n: number) =>
      eventRow(format, { ...event, properties: fill(event) }, clashes.get(event.definitionId) ?? [], {
        externalId: event.externalId,
        extra: fields.extra,
        moments: flows[n],
      });
    yield* linePages(group, lineOf, eventKey);
  }
}
