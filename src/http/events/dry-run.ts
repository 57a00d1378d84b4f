/** The dry run of POST /v1/events: its parameters, and the answer with the rows that an export would have. */

import * as z from "zod";
import { activityEvents } from "../../datasets/activity-events.ts";
import { previewPages } from "../../datasets/event-preview.ts";
import { readSequence } from "../../db/core/sequences.ts";
import { type Fault, invalid } from "../../errors.ts";
import type { IngestCall } from "../../ingest/all-or-none.ts";
import { dryRunEvents } from "../../ingest/dry-run.ts";
import type { IngestOptions, SentEvent } from "../../ingest/ingest.ts";
import type { SentItems } from "../../ingest/sent-items.ts";
import { MAX_RECORDS } from "../records.ts";
import { Count } from "../schemas.ts";
import { FirstRows, MAX_PAGE_BYTES } from "./page-rows.ts";
import { ActivityEventRow } from "./row-schemas.ts";

const { row_format: rowFormat, extra_fields: extra, enrich_with_moments_info: enrich } = activityEvents.shape;
const flag = z.enum(["true", "false"]);

/** How the rows of a dry run are asked for. */
const rowQuery = {
  row_format: rowFormat.unwrap().optional().meta({ description: "With `dry_run=true`. Default: `flat`." }),
  extra_fields: flag
    .optional()
    .meta({ description: `With \`dry_run=true\`. Default: \`true\`. ${extra.description ?? ""}` }),
  enrich_with_moments_info: flag.optional().meta({ description: `With \`dry_run=true\`. ${enrich.description ?? ""}` }),
};

export const dryRunQuery = {
  dry_run: flag.default("false").meta({
    description: `\`true\` checks the call and writes nothing. The answer is 200 with the rows that an export would have of the events, in their order in the body, or the error that the call would have. An event without an id shows an id that a real call does not give it. Rows after the first ${MAX_PAGE_BYTES} bytes are left out. The key needs the scope \`events:read\` too.`,
  }),
  ...rowQuery,
};

const parameters = z.object(dryRunQuery);
type Query = z.output<typeof parameters>;

export const DryRunAnswer = z
  .object({
    accepted: Count.meta({ description: "How many events the call would store." }),
    duplicates: Count,
    created_profiles: Count.meta({ description: "How many profiles the call would create." }),
    data: z.array(ActivityEventRow).meta({ description: "The rows of the accepted events." }),
    rows_left_out: Count.meta({ description: `Rows that are not in \`data\`, which has ${MAX_PAGE_BYTES} bytes.` }),
    duplicate_events: z.array(z.string()).meta({
      description:
        "JSON pointers of the duplicates in the body: events whose id the space has, or an event before them. No row of theirs is in `data`, because the first event with the id stays.",
    }),
  })
  .meta({ id: "DryRun" });

/** @throws invalid_request for a parameter of rows without `dry_run=true`. */
export function checkRowParameters(query: Query): void {
  if (query.dry_run === "true") return;
  const sent = (["row_format", "extra_fields", "enrich_with_moments_info"] as const).filter(
    (name) => query[name] !== undefined,
  );
  const faults = sent.map((name): Fault => ({
    pointer: `#query/${name}`,
    detail: `Without dry_run=true the answer has no rows. Remove ${name}, or send dry_run=true.`,
  }));
  if (faults.length > 0) throw invalid(...faults);
}

/** @param pointers the JSON pointer of each event in the body. @throws as `dryRunEvents`. */
export async function answerDryRun(
  ingest: IngestCall,
  events: SentItems<SentEvent>,
  pointers: (index: number) => string,
  query: Query,
  options: IngestOptions,
): Promise<Response> {
  const { accepted, events: previewed, ...run } = await dryRunEvents(ingest, events, pointers, options, MAX_PAGE_BYTES);
  const { db, space } = ingest;
  const asOf = { db, spaceId: space.id, seq: await readSequence(db, space.id) };
  const fields = { extra: query.extra_fields !== "false", enriched: query.enrich_with_moments_info === "true" };
  const page = new FirstRows(MAX_RECORDS, null);
  for await (const rows of previewPages(asOf, { row_format: query.row_format ?? "flat", fields }, previewed))
    if (!page.add(rows)) break;
  const counts = `"accepted":${accepted},"duplicates":${run.duplicates.length},"created_profiles":${run.createdProfiles}`;
  const rest = `"rows_left_out":${accepted - page.count},"duplicate_events":${JSON.stringify(run.duplicates.map(pointers))}`;
  return new Response(`{${counts},"data":[${page.rows}],${rest}}`, { headers: { "content-type": "application/json" } });
}
