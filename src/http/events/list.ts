/** GET /v1/events: the rows that an export has, in pages. Its parameters, as those of the datasets behind it. */

import * as z from "zod";
import { activityEvents } from "../../datasets/activity-events.ts";
import { conversionEvents } from "../../datasets/conversion-events/dataset.ts";
import type { AnyDataset } from "../../datasets/dataset.ts";
import { type Fault, invalid, SpillwayError } from "../../errors.ts";
import { PERSON_IDS } from "../../db/profiles/lookup.ts";
import { MAX_SCANNED, type PersonId, readPage } from "./page.ts";
import { MAX_PAGE_BYTES } from "./page-rows.ts";
import { ActivityEventRow, ConversionRow } from "./row-schemas.ts";
import { inQuery, validate } from "../validate.ts";
import { route } from "../route.ts";
import { linkTo } from "../list.ts";
import { Id } from "../schemas.ts";

const MAX_ROWS = 4_000;

const {
  start,
  end,
  row_format: rowFormat,
  extra_fields: extra,
  enrich_with_moments_info: enrich,
} = activityEvents.shape;
const conversions = conversionEvents.shape;
const commas = (description: string | undefined, example: string) =>
  z
    .string()
    .optional()
    .meta({ description: `Separated by commas. ${description ?? ""}`, example });

/** Parameters as texts. The schema of the view's dataset validates them. */
const query = z.strictObject({
  view: z
    .enum(["events", "conversions"])
    .default("events")
    .meta({ description: "`events`: the rows of `activity_events`. `conversions`: the lines of `conversion_events`." }),
  start: start.optional().meta({ description: "View `events`: required. View `conversions`: instead of days." }),
  end: end.optional().meta({ description: "View `events`: required. View `conversions`: with `start`." }),
  event_names: commas(
    "View `events`: at most 200 ids of definitions, in which `*` stands for any characters. View `conversions`: 1 to 10 ids.",
    "order_*,visit",
  ),
  person_id: Id.optional().meta({
    description:
      "Only the events of this person. A person whom the space does not know, or who was deleted, has none: the list is empty. The id of a merged person names the person into whom this one was merged, with the events of both.",
    example: "p-1",
  }),
  external_person_id: Id.optional().meta({
    description: "Instead of `person_id`: the external id that the person's profile has now.",
  }),
  custom_id: Id.optional().meta({
    description: "Instead of `person_id`: the `custom_id` that the person's profile has now.",
  }),
  row_format: rowFormat.unwrap().optional().meta({ description: "View `events`. Default: `flat`." }),
  extra_fields: z
    .enum(["true", "false"])
    .optional()
    .meta({ description: `View \`events\`. Default: \`true\`. ${extra.description ?? ""}` }),
  enrich_with_moments_info: z
    .enum(["true", "false"])
    .optional()
    .meta({ description: `View \`events\`. ${enrich.description ?? ""}` }),
  date: conversions.date.meta({ description: "View `conversions`: a day in the space's time zone." }),
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
  numeric_ids: z.enum(["true", "false"]).optional().meta({ description: conversions.numeric_ids.description }),
  short_times: z.enum(["true", "false"]).optional().meta({ description: conversions.short_times.description }),
  page: z.enum(["first", "last"]).default("first").meta({
    description:
      "Where to begin without `cursor`: `last` returns the page with the newest rows, and `prev_cursor` leads back from there. The rows of a page are oldest first, as always.",
  }),
  limit: z.number().int().min(1).max(MAX_ROWS).default(200).meta({ description: "Rows per page." }),
  cursor: z
    .string()
    .max(2_000)
    .optional()
    .meta({ description: "`next_cursor` of the page before, or `prev_cursor` of the page after." }),
});

type Query = z.output<typeof query>;
type Sent = Omit<Query, "view" | "page" | "limit" | "cursor" | (typeof PERSON_IDS)[number]>;

const list = (text: string | undefined) => text?.split(",");
const flag = (text: "true" | "false" | undefined) => (text === undefined ? undefined : text === "true");

/** A view: its dataset, whose parameters it has, and how the query's texts become a request to it. */
const VIEWS: Record<"events" | "conversions", { dataset: AnyDataset; read: (sent: Sent) => unknown }> = {
  events: {
    dataset: activityEvents,
    read: ({ event_names, extra_fields: extraFields, enrich_with_moments_info: enriched, ...sent }) => ({
      ...sent,
      event_names: list(event_names),
      extra_fields: flag(extraFields),
      enrich_with_moments_info: flag(enriched),
    }),
  },
  conversions: {
    dataset: conversionEvents,
    read: ({ event_names, sources, attribution_model: model, attribution_window: days, fields, ...sent }) => ({
      ...sent,
      numeric_ids: flag(sent.numeric_ids),
      short_times: flag(sent.short_times),
      event_names: list(event_names),
      sources: list(sources),
      attribution_model: model?.includes(",") === true ? list(model) : model,
      attribution_window: days === undefined ? undefined : Number(days),
      fields: list(fields),
    }),
  },
};

const Listed = z
  .object({
    data: z.array(z.union([ActivityEventRow, ConversionRow])).meta({ description: "Rows of the view." }),
    next_cursor: z.string().nullable(),
    prev_cursor: z.string().nullable(),
  })
  .meta({ id: "EventList" });

export const listEvents = route({
  method: "GET",
  operationId: "listEvents",
  summary: "List events",
  description: `Returns the rows that an export of \`activity_events\` with these parameters has, in the same order: by time of occurrence, then by id. With \`view=conversions\` it returns the rows of \`conversion_events\`. All pages read the snapshot of the first page: each row once, and none that was written later. For later rows, start again without a cursor. Events of a deleted person disappear at once, from further pages too. A cursor is valid for a day, and only with the parameters that it was returned for; only \`limit\` and \`page\` may change.

A page ends early, with a cursor, if its rows would exceed ${MAX_PAGE_BYTES} bytes. A page may also be short or empty and have a cursor: a call looks through ${MAX_SCANNED} events of the window, which may have few of the requested names, and conversions without a credited touchpoint have no rows. Only a page without \`next_cursor\` is the last one. \`prev_cursor\` leads to the page before, which ends where this one begins; only a page without it is the first one. \`person_id\`, \`external_person_id\` or \`custom_id\` narrow either view to one person, newest last; the service finds these events without looking through everybody's. For a long window of all events an export is faster.`,
  auth: "events:read",
  limit: "list",
  query,
  responses: {
    200: { description: "Rows, oldest first.", schema: Listed },
  },
  check({ query }) {
    readQuery(query);
  },
  async handle(call, { space, query }) {
    const { view, page, limit, cursor, person, request } = readQuery(query);
    const owner = { view, request, person };
    const fromEnd = page === "last";
    const asked = { dataset: VIEWS[view].dataset, requestAt: () => request, person, owner, limit, cursor, fromEnd };
    const { rows, next, previous } = await inQueryFaults(() => readPage(call, space, asked));
    const cursors = `"next_cursor":${JSON.stringify(next)},"prev_cursor":${JSON.stringify(previous)}`;
    return new Response(`{"data":[${rows}],${cursors}}`, {
      headers: { "content-type": "application/json", ...linkTo(call, next, previous) },
    });
  },
});

/** @throws as requestOf; invalid_request for a second id of the person. */
function readQuery(query: Query) {
  const { view, page, limit, cursor, person_id, external_person_id, custom_id, ...sent } = query;
  const given = { person_id, external_person_id, custom_id };
  const [person, second] = PERSON_IDS.flatMap((name): PersonId[] => {
    const id = given[name];
    return id === undefined ? [] : [[name, id]];
  });
  if (second !== undefined)
    throw invalid({
      pointer: `#query/${second[0]}`,
      detail: "Send at most one of person_id, external_person_id and custom_id.",
    });
  return { view, page, limit, cursor, person, request: requestOf(view, sent) };
}

/** @throws invalid_request with pointers into the query, also for a parameter of the other view. */
function requestOf(view: keyof typeof VIEWS, sent: Sent): unknown {
  const { dataset, read } = VIEWS[view];
  const misplaced = Object.keys(sent).filter((name) => !Object.hasOwn(dataset.shape, name));
  const faults = misplaced.map((name): Fault => ({
    pointer: `#query/${name}`,
    detail: `The view ${view} has no parameter ${name}. Remove it or choose the other view.`,
  }));
  if (faults.length > 0) throw invalid(...faults);
  return validate(z.strictObject(dataset.shape), read(sent), inQuery);
}

/** @throws the errors of the work, with pointers into the query. */
async function inQueryFaults<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof SpillwayError) || thrown.code !== "invalid_request") throw thrown;
    throw invalid(...thrown.faults.map((fault) => ({ ...fault, pointer: `#query/${fault.pointer.split("/")[1]}` })));
  }
}
