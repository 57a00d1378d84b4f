/**
 * List Events: the very rows of `activity_events`, a page at a time. The dataset checks the request and writes the rows; this
 * file cuts pages of them and puts their lines into the answer as they are. A walk from cursor to cursor reads one snapshot, the
 * first page's: each of its events once, whatever comes in or changes meanwhile.
 */

import * as z from "zod";
import { activityEvents } from "../datasets/activity-events.ts";
import type { Asking, Key, Page } from "../datasets/dataset.ts";
import { pendingDeletions } from "../db/deletions.ts";
import { readSequence } from "../db/sequences.ts";
import { invalid, SpillwayError } from "../errors.ts";
import { readCursor, type Walk, writeCursor } from "./event-cursor.ts";
import { route } from "./route.ts";
import { linkTo, listOf } from "./schemas.ts";

const MOST_ROWS = 4_000;
/** Of an answer's rows, so that it is small beside an isolate's memory however large events are. */
const MAX_PAGE_BYTES = 8_000_000;

const { start, end, event_names: eventNames, row_format: rowFormat } = activityEvents.shape;

const query = z.strictObject({
  start,
  end,
  event_names: z
    .string()
    .transform((names) => names.split(","))
    .pipe(eventNames.unwrap())
    .optional()
    .meta({
      description: "Ids of event definitions, separated by commas, `*` for any characters. At most 200.",
      example: "order_*,visit",
    }),
  row_format: rowFormat,
  enrich_with_moments_info: z
    .enum(["true", "false"])
    .default("false")
    .transform((sent) => sent === "true")
    .meta({ description: activityEvents.shape.enrich_with_moments_info.description }),
  limit: z.coerce.number().int().min(1).max(MOST_ROWS).default(200).meta({ description: "Rows a page." }),
  cursor: z.string().max(2_000).optional().meta({ description: "`next_cursor` of the page before." }),
});

const FlatRow = z
  .looseObject({
    definitionId: z.string(),
    eventId: z.string(),
    sessionId: z.string().nullable(),
    personId: z.string(),
    externalPersonId: z.string().nullable(),
    occuredTime: z.string().meta({ description: "When it was received.", example: "2026-01-15T10:23:45.123+0000" }),
  })
  .meta({
    id: "FlatEventRow",
    description: "With the event's properties side by side; enriched, with the fields of its flow too.",
  });

const NestedRow = z
  .looseObject({
    definitionId: z.string(),
    personId: z.string(),
    externalPersonId: z.string().nullable(),
    timestamp: z.string().meta({ description: "When it occurred.", example: "2026-01-15T10:23:45.123Z" }),
    campaignName: z.string().optional(),
    elementName: z.string().optional(),
    campaignStart: z.string().optional().meta({ example: "2026-01-10T08:00:00.000+0000" }),
    flowElementId: z.string().optional(),
    properties: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "NestedEventRow" });

export const listEventsRoute = route({
  method: "GET",
  path: "/v1/events",
  operationId: "listEvents",
  summary: "List events",
  description: `The rows that an export of \`activity_events\` with these parameters has, in its order: by when they occurred, then by id. All pages of a walk show what stood when the first was asked for: each event once, and none that came in later; to see those, begin anew. Events of a person who was deleted are gone at once, from pages that are still to come too. A cursor goes with the parameters that it came from (\`limit\` alone may change) and holds for a day.

A page ends early, with a cursor, where its rows would take more than ${MAX_PAGE_BYTES} bytes. For all of a long window an export is faster.`,
  tag: "Events",
  auth: "events:read",
  limit: "list",
  query,
  responses: { 200: { description: "Rows, oldest first.", schema: listOf(z.union([FlatRow, NestedRow])) } },
  async handle(call, { space, query: { limit, cursor, ...request } }) {
    const db = call.databases.space(space.id);
    const walk: Walk =
      cursor === undefined
        ? { snapshotSeq: await readSequence(db, space.id), askedAt: call.world.now(), next: null }
        : await readCursor(call, space, request, cursor);
    const asking = { db, space, now: walk.askedAt, snapshotSeq: walk.snapshotSeq };
    const frozen = await freezeQuery(request, asking);
    const deletions = await pendingDeletions(db, space.id, Number.MAX_SAFE_INTEGER);
    const query = deletions ? { ...frozen, sifted: "now" as const } : frozen;
    const source = activityEvents.open(query, { db, spaceId: space.id, snapshotSeq: walk.snapshotSeq });
    const { upper } = source.bounds;
    const lower = walk.next ?? source.bounds.lower;
    const { next: after } = await source.cut({ lower, upper }, limit);
    const { rows, next } = await collect(source.pages({ lower, upper: after ?? upper }), after);
    const nextCursor = next === null ? null : await writeCursor(call, space, request, { ...walk, next });
    return new Response(`{"data":[${rows}],"next_cursor":${JSON.stringify(nextCursor)}}`, {
      headers: { "content-type": "application/json", ...linkTo(call, nextCursor) },
    });
  },
});

type Request = Parameters<typeof activityEvents.freeze>[0];

/** @throws what the dataset refuses, with pointers into the query. */
async function freezeQuery(request: Request, asking: Asking) {
  try {
    return await activityEvents.freeze(request, asking);
  } catch (thrown) {
    if (!(thrown instanceof SpillwayError) || thrown.code !== "invalid_request") throw thrown;
    throw invalid(...thrown.faults.map((fault) => ({ ...fault, pointer: `#query/${fault.pointer.split("/")[1]}` })));
  }
}

/**
 * As many rows as fit an answer, the first of the dataset's pages in any case: it has a few megabytes at most.
 * @param after the record after all of these pages, or null.
 * @returns the rows with commas between, and the record after them.
 */
async function collect(pages: AsyncGenerator<Page>, after: Key | null): Promise<{ rows: string; next: Key | null }> {
  let rows = "";
  let bytes = 0;
  for await (const page of pages) {
    const more = page.lines.join();
    bytes += Buffer.byteLength(more) + 1;
    if (rows !== "" && bytes > MAX_PAGE_BYTES) return { rows, next: page.first };
    rows += rows === "" ? more : `,${more}`;
  }
  return { rows, next: after };
}
