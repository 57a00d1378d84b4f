/**
 * List Events: the very rows of `activity_events`, a page at a time. The dataset checks the request and writes the rows; this
 * file cuts pages of them and puts their lines into the answer as they are. A walk from cursor to cursor reads one snapshot, the
 * first page's: each of its events once, whatever comes in or changes meanwhile.
 */

import * as z from "zod";
import { activityEvents } from "../../datasets/activity-events.ts";
import { conversionEvents } from "../../datasets/conversion-events/dataset.ts";
import type { Asking, Page, Registered } from "../../datasets/dataset.ts";
import { pendingDeletions } from "../../db/profiles/deletions.ts";
import { readSequence } from "../../db/core/sequences.ts";
import { type Fault, invalid, SpillwayError } from "../../errors.ts";
import { readCursor, type Walk, writeCursor } from "./cursor.ts";
import { inQuery, validate } from "../validate.ts";
import { route } from "../route.ts";
import { linkTo, pageOf } from "../list.ts";

const MAX_ROWS = 4_000;
/** Of an answer's rows, so that it is small beside an isolate's memory however large events are. */
const MAX_PAGE_BYTES = 8_000_000;

const { start, end, row_format: rowFormat, enrich_with_moments_info: enrich } = activityEvents.shape;
const conversions = conversionEvents.shape;
const commas = (description: string | undefined, example: string) =>
  z
    .string()
    .optional()
    .meta({ description: `Separated by commas. ${description ?? ""}`, example });

/** Each parameter as text; what it may be is its view's own schema. */
const query = z.strictObject({
  view: z
    .enum(["events", "conversions"])
    .default("events")
    .meta({ description: "`events`: the rows of `activity_events`. `conversions`: the lines of `conversion_events`." }),
  start: start.optional().meta({ description: "Of `events`: required there." }),
  end: end.optional().meta({ description: "Of `events`: required there." }),
  event_names: commas(
    "Of `events`: ids of definitions, `*` for any characters, at most 200. Of `conversions`: 1 to 10 ids.",
    "order_*,visit",
  ),
  row_format: rowFormat.unwrap().optional().meta({ description: "Of `events`. Default: `flat`." }),
  enrich_with_moments_info: z
    .enum(["true", "false"])
    .optional()
    .meta({ description: `Of \`events\`. ${enrich.description ?? ""}` }),
  date: conversions.date.meta({ description: "Of `conversions`: a day in the space's time zone." }),
  start_date: conversions.start_date,
  end_date: conversions.end_date,
  level: conversions.level.unwrap().optional(),
  sources: commas(conversions.sources.description, "google_ads,email"),
  attribution_model: commas(conversions.attribution_model.description, "linear"),
  attribution_window: z
    .enum(["0", "1", "7", "14", "30", "60", "90"])
    .optional()
    .meta({ description: conversions.attribution_window.description }),
  fields: commas(conversions.fields.description, "event_name,amount"),
  limit: z.coerce.number().int().min(1).max(MAX_ROWS).default(200).meta({ description: "Rows a page." }),
  cursor: z.string().max(2_000).optional().meta({ description: "`next_cursor` of the page before." }),
});

type Sent = Omit<z.output<typeof query>, "view" | "limit" | "cursor">;

const list = (text: string | undefined) => text?.split(",");

/** A view: whose rows it shows, and what its parameters say to that dataset. */
const VIEWS: Record<
  "events" | "conversions",
  { dataset: Registered; names: readonly (keyof Sent)[]; read(sent: Sent): unknown }
> = {
  events: {
    dataset: activityEvents,
    names: ["start", "end", "event_names", "row_format", "enrich_with_moments_info"],
    read: ({ start, end, event_names: names, row_format, enrich_with_moments_info: enriched }) => ({
      start,
      end,
      event_names: list(names),
      row_format,
      enrich_with_moments_info: enriched === undefined ? undefined : enriched === "true",
    }),
  },
  conversions: {
    dataset: conversionEvents,
    names: [
      "date",
      "start_date",
      "end_date",
      "level",
      "event_names",
      "sources",
      "attribution_model",
      "attribution_window",
      "fields",
    ],
    read: ({
      date,
      start_date,
      end_date,
      level,
      event_names,
      sources,
      attribution_model: model,
      attribution_window: days,
      fields,
    }) => ({
      date,
      start_date,
      end_date,
      level,
      event_names: list(event_names),
      sources: list(sources),
      attribution_model: model?.includes(",") === true ? list(model) : model,
      attribution_window: days === undefined ? undefined : Number(days),
      fields: list(fields),
    }),
  },
};

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

const ConversionRow = z
  .looseObject({ id: z.string(), event_time_utc: z.string().meta({ example: "2026-01-15T10:23:45.123Z" }) })
  .meta({
    id: "ConversionRow",
    description: "With `touchpoint_id` where `sources` are asked for, and the fields that are.",
  });

export const listEvents = route({
  method: "GET",
  path: "/",
  operationId: "listEvents",
  summary: "List events",
  description: `The rows that an export of \`activity_events\` with these parameters has, in its order: by when they occurred, then by id; with \`view=conversions\` the lines of \`conversion_events\`. All pages of a walk show what stood when the first was asked for: each row once, and none that came in later; to see those, begin anew. Events of a person who was deleted are gone at once, from pages that are still to come too. A cursor goes with the parameters that it came from (\`limit\` alone may change) and holds for a day.

A page ends early, with a cursor, where its rows would take more than ${MAX_PAGE_BYTES} bytes, and where conversions have no touchpoint that gets credit: it may have no row at all then. For all of a long window an export is faster.`,
  tag: "Events",
  auth: "events:read",
  limit: "list",
  query,
  responses: {
    200: { description: "Rows, oldest first.", schema: pageOf(z.union([FlatRow, NestedRow, ConversionRow])) },
  },
  async handle(call, { space, query: { view, limit, cursor, ...sent } }) {
    const db = call.databases.space(space.id);
    const request = requestOf(view, sent);
    const { dataset } = VIEWS[view];
    const owner = { view, request };
    const walk: Walk =
      cursor === undefined
        ? { snapshotSeq: await readSequence(db, space.id), askedAt: call.runtime.now(), next: null, skip: 0 }
        : await readCursor(call, space, owner, cursor);
    const asking = { db, space, now: walk.askedAt, snapshotSeq: walk.snapshotSeq, secret: "", increment: false };
    const frozen = await freezeQuery(dataset, request, asking);
    const deletions = await pendingDeletions(db, space.id, Number.MAX_SAFE_INTEGER);
    const query = deletions ? { ...frozen, sifted: "now" as const } : frozen;
    const source = dataset.open(query, { db, spaceId: space.id, snapshotSeq: walk.snapshotSeq, since: null });
    const { upper } = source.bounds;
    const lower = walk.next ?? source.bounds.lower;
    const { next: after } = await source.cut({ lower, upper }, Math.min(limit, source.recordsAStep ?? limit));
    const collected = new Collected(limit, walk.skip);
    for await (const page of source.pages({ lower, upper: after ?? upper })) if (!collected.take(page)) break;
    const next = collected.next ?? (after === null ? null : { next: after, skip: 0 });
    const nextCursor = next === null ? null : await writeCursor(call, space, owner, { ...walk, ...next });
    return new Response(`{"data":[${collected.rows}],"next_cursor":${JSON.stringify(nextCursor)}}`, {
      headers: { "content-type": "application/json", ...linkTo(call, nextCursor) },
    });
  },
});

/** @throws invalid_request with pointers into the query, for parameters of the other view too. */
function requestOf(view: keyof typeof VIEWS, sent: Sent): unknown {
  const { dataset, names } = VIEWS[view];
  const strangers = Object.entries(sent).filter(
    ([name, value]) => value !== undefined && !(names as readonly string[]).includes(name),
  );
  const faults = strangers.map(([name]): Fault => ({
    pointer: `#query/${name}`,
    detail: `${name} is not for the view ${view}.`,
  }));
  if (faults.length > 0) throw invalid(...faults);
  return validate(z.strictObject(dataset.shape), VIEWS[view].read(sent), inQuery);
}

/** @throws what the dataset refuses, with pointers into the query. */
async function freezeQuery(dataset: Registered, request: unknown, asking: Asking): Promise<object> {
  try {
    return (await dataset.freeze(request, asking)) as object;
  } catch (thrown) {
    if (!(thrown instanceof SpillwayError) || thrown.code !== "invalid_request") throw thrown;
    throw invalid(...thrown.faults.map((fault) => ({ ...fault, pointer: `#query/${fault.pointer.split("/")[1]}` })));
  }
}

/** As many rows as fit an answer, one at least where there is one. */
class Collected {
  /** With commas between. */
  rows = "";
  /** The record that the next page begins with, and how many of its rows came before; null: not cut. */
  next: Pick<Walk, "next" | "skip"> | null = null;
  readonly #most: number;
  #skip: number;
  #count = 0;
  #bytes = 0;
  /** Rows of the record under way, before the next row. */
  #ofRecord = 0;
  #record = "";

  constructor(most: number, skip: number) {
    this.#most = most;
    this.#skip = skip;
  }

  /** @returns whether there is room for more. */
  take(page: Page): boolean {
    for (const [index, line] of page.lines.entries()) {
      const key = page.keyOf(index);
      const record = `${key.time} ${key.id}`;
      if (record !== this.#record) this.#ofRecord = 0;
      this.#record = record;
      if (this.#skip > 0) this.#skip -= 1;
      else {
        this.#bytes += Buffer.byteLength(line) + 1;
        if (this.#count === this.#most || (this.#count > 0 && this.#bytes > MAX_PAGE_BYTES)) {
          this.next = { next: key, skip: this.#ofRecord };
          return false;
        }
        this.rows += this.#count === 0 ? line : `,${line}`;
        this.#count += 1;
      }
      this.#ofRecord += 1;
    }
    return true;
  }
}
