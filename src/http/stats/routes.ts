/**
 * /v1/stats: what happened in a space day by day, from counters of the database and of the limiter. No call scans
 * exports or events.
 */

import * as z from "zod";
import { readDailyCounts } from "../../db/tenants/daily-counts.ts";
import { invalid } from "../../errors.ts";
import { POLICIES, type Policy } from "../../limiter/policies.ts";
import { addDays, dayOf, daysBetween } from "../../time/days.ts";
import { Day } from "../../time/instant.ts";
import { DatasetName } from "../../webhooks/events/family.ts";
import { callLimiter } from "../limiter-call.ts";
import { resource } from "../resource.ts";
import { json, route } from "../route.ts";
import { statsOf } from "./days.ts";

/** Days that one call shows. */
export const MAX_DAYS = 366;
const DEFAULT_DAYS = 30;

const count = (description: string) => z.number().int().meta({ description });

const Percentiles = z
  .object({
    p50: z.number().nullable().meta({ description: "Half of them took at most this long. Null: there were none." }),
    p95: z.number().nullable().meta({ description: "95 of 100 took at most this long. Null: there were none." }),
  })
  .meta({
    id: "Percentiles",
    description:
      "Seconds, from a histogram whose buckets each reach a fifth further: up to 20 % more than the true ones.",
  });

const ExportCounts = z
  .object({
    created: count("Created by calls and by schedules."),
    completed: count("Completed."),
    failed: z
      .object({ customer: z.number().int(), service: z.number().int() })
      .meta({ description: "Failures, by who must act. An export that fails again after a retry counts again." }),
    canceled: count("Canceled."),
    rows: count("Rows of the completed ones."),
    bytes: count("Bytes of the completed ones' files, as they are stored."),
  })
  .meta({ id: "ExportCounts" });

const Exports = ExportCounts.extend({
  seconds: Percentiles.meta({ description: "From creation to completion." }),
  datasets: z
    .array(ExportCounts.extend({ dataset: DatasetName }).meta({ id: "DatasetCounts" }))
    .meta({ description: "The same by dataset: those of which something is counted." }),
}).meta({ id: "ExportStats" });

const Webhooks = z
  .object({
    attempts: count("Attempts of deliveries."),
    delivered: count("Deliveries that a receiver accepted."),
    failed: count("Deliveries that were given up."),
    lag_seconds: Percentiles.meta({
      description: "From the event until a receiver accepted it, without deliveries that a call asked for anew.",
    }),
  })
  .meta({ id: "WebhookStats" });

const RateLimitUse = z
  .object({
    policy: z.enum(Object.keys(POLICIES) as Policy[]),
    refused: count("Calls that were answered with 429 by this policy."),
    highest: count("The most calls that counted in any 60 seconds: at the policy's limit, further calls are refused."),
  })
  .meta({ id: "RateLimitUse" });

const Counts = z.object({
  exports: Exports,
  webhooks: Webhooks,
  rate_limits: z
    .array(RateLimitUse)
    .meta({ description: "How far each rate limit was used: of the policies that counted a call." }),
});

const Stats = z
  .object({
    timezone: z.string().meta({ description: "The space's, by which its days are." }),
    from: z.iso.date(),
    to: z.iso.date(),
    total: Counts.meta({ description: "Over all days of the answer." }),
    days: z
      .array(Counts.extend({ day: z.iso.date() }).meta({ id: "DayStats" }))
      .meta({ description: "Each day once, in order. A day on which nothing happened has zeros." }),
  })
  .meta({ id: "Stats" });

const Query = z.strictObject({
  from: Day.optional().meta({ description: `The first day. Default: ${DEFAULT_DAYS - 1} days before \`to\`.` }),
  to: Day.optional().meta({ description: "The last day, which is included. Default: today in the space's time zone." }),
});

export const statsResource = resource("/v1/stats", "Statistics", [
  route({
    method: "GET",
    operationId: "getStats",
    summary: "Show statistics by day",
    description: `Exports, rows, bytes, failures by who must act, durations, webhook deliveries and the use of rate limits of at most ${MAX_DAYS} days. A day is one of the space's time zone. What happened is counted on the day on which it happened, by the time zone that the space had then: an export that is created before midnight and completed after it counts on both days. Counters stay when an export is deleted. The use of rate limits is exact, but that a restart of the limiter may forget the changes of the last minute.`,
    auth: "exports:read",
    portal: ["exports:read"],
    query: Query,
    responses: { 200: { description: "The days.", schema: Stats } },
    async handle(call, { space, query }) {
      const to = query.to ?? dayOf(call.runtime.now(), space.timezone);
      const from = query.from ?? addDays(to, 1 - DEFAULT_DAYS);
      checkSpan(from, to);
      const [counts, uses] = await Promise.all([
        readDailyCounts(call.databases.control, space.id, from, to),
        callLimiter(call, space.id, (limiter) => limiter.use(from, to)),
      ]);
      return json({ timezone: space.timezone, from, to, ...statsOf({ ...counts, uses }, from, to) });
    },
  }),
]);

/** @throws invalid_request. */
function checkSpan(from: string, to: string): void {
  const days = daysBetween(from, to) + 1;
  if (days < 1) throw invalid({ pointer: "#query/from", detail: `from must not be later than to, which is ${to}.` });
  if (days > MAX_DAYS)
    throw invalid({
      pointer: "#query/from",
      detail: `At most ${MAX_DAYS} days can be shown, these are ${days}. With to = ${to}, from can be ${addDays(to, 1 - MAX_DAYS)} at the earliest.`,
    });
}
