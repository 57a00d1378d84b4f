/** The parameters of an export of conversions: names and limits. freeze.ts checks how they fit together. */

import * as z from "zod";
import { MODELS } from "../../attribution/models.ts";
import { SOURCES } from "../../attribution/sources.ts";
import { CONVERSION } from "../../ingest/catalogue/conversion.ts";
import { distinct } from "../distinct.ts";
import { Day, Instant } from "../../time/instant.ts";

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

/** Fields of every line, or of every line under attribution: `fields` may name them, their place does not change. */
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

/** The fields that totals can be grouped by. */
export const GROUPS = ["source", "ad_id", "adset_id", "campaign_id", "account_id"] as const;

export type Group = (typeof GROUPS)[number];

export const MAX_DAYS = 31;
const WINDOWS = [0, 1, 7, 14, 30, 60, 90] as const;

/** The source of a touchpoint: of a sent one, and in the parameter `sources`. */
export const TouchpointSource = z.enum(SOURCES).meta({ id: "TouchpointSource" });

/** A list of 1 to `max` items, each at most once. */
const list = <Item extends z.ZodType<string>>(item: Item, max: number) => distinct(z.array(item).min(1).max(max));

export const Model = z.enum(MODELS).meta({ id: "AttributionModel" });
export const ConversionName = z.enum(CONVERSION.map(({ id }) => id)).meta({ id: "ConversionName" });
const FieldName = z.enum([...FIELDS, ...FIXED_FIELDS]).meta({ id: "ConversionField" });

export const shape = {
  date: Day.optional().describe(
    "A day in the space's time zone (in a schedule, in the schedule's), with the length that the zone gives it. Not in the future; today has the conversions so far.",
  ),
  start_date: Day.optional().describe(`Instead of \`date\`, with \`end_date\`: the first of at most ${MAX_DAYS} days.`),
  end_date: Day.optional().describe("The last day, inclusive."),
  start: Instant.optional().describe("Instead of days, with `end`: the start of the window, inclusive."),
  end: Instant.optional().describe("The end of the window, exclusive. Not in the future."),
  level: z
    .enum(["profile", "company"])
    .default("profile")
    .describe(
      "With `sources`, whose touchpoints count: those of the profile, or those of all profiles of the event's company. For an event without a company, those of its profile.",
    ),
  event_names: list(ConversionName, 10)
    .optional()
    .describe("Ids of conversions, including `custom_event_1` to `custom_event_50`. Default: every conversion."),
  sources: list(TouchpointSource, 15)
    .optional()
    .describe(
      "Turns attribution on: lines are credits to touchpoints. Credit is given to touchpoints of every source; only lines of these sources are exported. Needs `attribution_model` and `attribution_window`.",
    ),
  attribution_model: z
    .union([Model, list(Model, MODELS.length)])
    .optional()
    .describe(
      "How credit is given. With a list, each event has the lines of each model, one model after the other, and lines have a column `model`.",
    ),
  attribution_window: z
    .literal(WINDOWS)
    .optional()
    .describe(
      "The lookback window: for how many days of 24 hours before an event touchpoints count. 0: all touchpoints before the event.",
    ),
  fields: list(FieldName, 20)
    .optional()
    .describe(
      "The fields of a line after `id`, `event_time_utc` and, with `sources`, `touchpoint_id` (and `source`, where a field of ads is named), in this order. The eight fields of ads need `sources`.",
    ),
  numeric_ids: z
    .boolean()
    .default(false)
    .describe(
      "`true` writes `id`, `profile_id` and `company_id` as numbers where they are whole numbers that every reader of JSON keeps exactly.",
    ),
  short_times: z
    .boolean()
    .default(false)
    .describe("`true` leaves the milliseconds of `event_time_utc` out where they are 0."),
  group_by: list(z.enum(GROUPS), GROUPS.length)
    .optional()
    .describe(
      "Adds totals to the manifest's `summary`: lines, credit (in conversions) and amount for each combination of these values in the lines. Needs `sources`.",
    ),
} as const;

export type ConversionRequest = z.output<z.ZodObject<typeof shape>>;
