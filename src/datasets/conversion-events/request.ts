/** What an export of conversions can be asked for: names and limits. How the parameters go together: freeze.ts. */

import * as z from "zod";
import { MODELS } from "../../attribution/models.ts";
import { CONVERSION } from "../../ingest/catalogue/conversion.ts";
import { TouchpointSource } from "./sources.ts";

export const AD_FIELDS = [
  "ad_id",
  "ad_name",
  "adset_id",
  "adset_name",
  "campaign_id",
  "campaign_name",
  "account_id",
  "account_name",
] as const;

/** In every line, or in every line under attribution: they may be asked for, and stand where they always stand. */
export const FIXED_FIELDS = ["id", "event_time_utc", "touchpoint_id", "source"] as const;

export const FIELDS = [
  "profile_id",
  "company_id",
  "space_id",
  "event_name",
  "configured_name",
  "amount",
  "is_upsell",
  ...AD_FIELDS,
  "order_id",
  "order_name",
  "event_url",
] as const;

export type AdField = (typeof AD_FIELDS)[number];
export type Field = (typeof FIELDS)[number];

/** What totals can be grouped by. */
export const GROUPS = ["source", "ad_id", "adset_id", "campaign_id", "account_id"] as const;

export type Group = (typeof GROUPS)[number];

export const MAX_DAYS = 31;
const WINDOWS = [0, 1, 7, 14, 30, 60, 90] as const;

/** A list in which nothing stands twice. */
function distinct<Item extends z.ZodType<string>>(item: Item, most: number) {
  return z
    .array(item)
    .min(1)
    .max(most)
    .superRefine((items, context) => {
      for (const [index, each] of items.entries())
        if (items.indexOf(each) < index)
          context.addIssue({
            code: "custom",
            path: [index],
            message: `${each} stands before already: once is enough.`,
          });
    })
    .meta({ uniqueItems: true });
}

const Model = z.enum(MODELS);
const date = z.iso.date();

export const shape = {
  date: date
    .optional()
    .describe(
      "A day in the space's time zone, whatever hours it has there. Not in the future; today's is what there is so far.",
    ),
  start_date: date
    .optional()
    .describe(`Instead of \`date\`, with \`end_date\`: the first of at most ${MAX_DAYS} days.`),
  end_date: date.optional().describe("The last day. It is in."),
  level: z
    .enum(["profile", "company"])
    .default("profile")
    .describe(
      "Whose touchpoints count, with `sources`: the profile's own, or those of all profiles of the event's company. An event without a company has its profile's.",
    ),
  event_names: distinct(z.enum(CONVERSION.map(({ id }) => id)), 10)
    .optional()
    .describe("Ids of conversions, `custom_event_1` to `custom_event_50` among them. Left out: every conversion."),
  sources: distinct(TouchpointSource, 15)
    .optional()
    .describe(
      "Turns attribution on: lines are credits, and those of touchpoints with other sources are left out, after the credit was given. Needs `attribution_model` and `attribution_window`.",
    ),
  attribution_model: z
    .union([Model, distinct(Model, MODELS.length)])
    .optional()
    .describe(
      "How credit is given. A list gives the lines of each model, one after the other for each event, and a column `model`.",
    ),
  attribution_window: z
    .literal(WINDOWS)
    .optional()
    .describe("How many days of 24 hours before an event a touchpoint counts. 0: the whole life."),
  fields: distinct(z.enum([...FIELDS, ...FIXED_FIELDS]), 20)
    .optional()
    .describe(
      "What a line has after `id`, `event_time_utc` and, with `sources`, `touchpoint_id` (and `source` before the first field of ads), in this order. The eight fields of ads need `sources`.",
    ),
  group_by: distinct(z.enum(GROUPS), GROUPS.length)
    .optional()
    .describe(
      "Totals in the manifest's `summary`, one for each combination of these that lines have: lines, credit (in conversions) and amount. Needs `sources`.",
    ),
} as const;

export type ConversionRequest = z.output<z.ZodObject<typeof shape>>;
