/** The parameters that exports and lists of events share, in Cometly's words and in the core's. */

import * as z from "zod";
import type { FieldNames } from "../core-request.ts";

/** The dataset that the dialect exports. */
export const DATASET = "conversion_events";

/** Which events, and what of them. The schema has the names and types; the core has the rules. */
const filters = {
  query_mode: z.string().nullish().meta({ description: "`profile` (the default) or `company`." }),
  event_names: z.array(z.string()).nullish().meta({ description: "1 to 10 names. Default: every event." }),
  sources: z
    .array(z.string())
    .nullish()
    .meta({ description: "1 to 15 sources. Needs `attribution_model` and `attribution_window`." }),
  attribution_model: z.string().nullish().meta({ example: "linear" }),
  attribution_window: z
    .number()
    .int()
    .nullish()
    .meta({ description: "Days: 0 (all touchpoints), 1, 7, 14, 30, 60 or 90." }),
  fields: z.array(z.string()).nullish().meta({ description: "Up to 20 fields beside `id` and `event_time_utc`." }),
} as const;

export const CometlyRequest = z
  .looseObject({
    date: z.string().meta({ description: "A day in the space's time zone.", example: "2026-01-15" }),
    ...filters,
  })
  .meta({ id: "EventExportRequest" });

const commas = z.string().transform((text) => (text === "" ? [] : text.split(",")));
const number = z.string().transform((text) => (/^\d{1,9}$/.test(text) ? Number(text) : text));

/** The same filters in a query, whose values are texts. */
export const LISTS = ["event_names", "sources", "fields"] as const;
export const queryFilters = {
  query_mode: z.string().optional(),
  event_names: commas.optional(),
  sources: commas.optional(),
  attribution_model: z.string().optional(),
  attribution_window: number.optional(),
  fields: commas.optional(),
};

/** A window that is no number is refused by the core, like every other value. */
export type Filters = { [Name in keyof typeof filters]?: unknown };

/** The dialect's names of the core's parameters, where they differ. */
export const FIELDS: FieldNames = new Map([["/level", "query_mode"]]);

/** The parameters as the core has them: ids and times have the form that the product's lines have. */
export const coreFilters = ({ query_mode: level, ...sent }: Filters) => ({
  level,
  event_names: sent.event_names,
  sources: sent.sources,
  attribution_model: sent.attribution_model,
  attribution_window: sent.attribution_window,
  fields: sent.fields,
  numeric_ids: true,
  short_times: true,
});
