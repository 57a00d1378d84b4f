/** Conversions with their credit, model by model, beside the same export without attribution. */

import type { Model } from "../../src/attribution/models.ts";
import type { ExportRequest, NewEvent, NewTouchpoint, Spillway } from "../../client/src/index.ts";
import { createSpace } from "../spaces.ts";
import type { Endpoint } from "./bucket.ts";
import { measureExport, medianOf, type Run } from "./measure.ts";
import { withService } from "./service.ts";
import type { Target } from "./targets.ts";

const TOUCHPOINTS_PER_EVENT = 5;
const EVENTS_PER_PERSON = 1;
const DAY_MS = 86_400_000;
/** The most CPU time of a model, in times that of the same export without attribution. */
const MAX_CPU = { linear: 3, u_shaped: 3, first_touch: 1.7, last_touch: 1.7 } as const satisfies Partial<
  Record<Model, number>
>;
/** The models that have a target. */
export const JUDGED_MODELS = Object.keys(MAX_CPU) as readonly Model[];
type ConversionsRequest = Extract<ExportRequest, { dataset: "conversion_events" }>;

const FIELDS = ["profile_id", "event_name", "amount"] satisfies ConversionsRequest["fields"];
/** Sources of every kind, so that each model credits one. */
const SOURCES: NewTouchpoint["source"][] = ["google_ads", "email", "direct", "facebook_ads", "referral"];
export interface AttributionRun {
  /** null: without attribution. */
  model: string | null;
  rows: number;
  runs: Run[];
  median: Run;
}

export interface AttributionResult {
  events: number;
  results: AttributionRun[];
}

/** @throws when an export fails or has another number of lines than the model should return. */
export async function measureAttribution(options: {
  events: number;
  runs: number;
  models: readonly Model[];
  persistTo: string;
  bucket: Endpoint;
  report: (what: string) => void;
}): Promise<AttributionResult> {
  const { events, runs, models, persistTo, bucket, report } = options;
  return withService({ persistTo, engine: "fflate", bucket }, async (service) => {
    const { client } = await createSpace(service.origin, {
      name: "Attribution",
      timezone: "UTC",
      retention_days: 36_500,
    });
    const date = await load(client, events, report);
    const results: AttributionRun[] = [];
    for (const model of [null, ...models]) {
      const rows = events * linesPerEvent(model);
      const attribution = { sources: SOURCES, attribution_window: 30 as const };
      const request = {
        dataset: "conversion_events" as const,
        date,
        fields: FIELDS,
        ...(model === null ? {} : { ...attribution, attribution_model: model }),
      };
      // The first run of each model only warms up.
      const measured: Run[] = [];
      for (let n = 0; n <= runs; n += 1) {
        report(`${model ?? "without attribution"}: ${n} of ${runs}`);
        const { run } = await measureExport(service, client, request, rows);
        if (n > 0) measured.push(run);
      }
      results.push({ model, rows, runs: measured, median: medianOf(measured) });
    }
    return { events, results };
  });
}

function linesPerEvent(model: string | null): number {
  if (model === "linear" || model === "u_shaped") return TOUCHPOINTS_PER_EVENT;
  return model === "linear_paid" ? SOURCES.filter((source) => source.endsWith("_ads")).length : 1;
}

/** @returns the day of all conversions. */
async function load(client: Spillway, events: number, report: (what: string) => void): Promise<string> {
  const day = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS;
  const persons = Math.ceil(events / EVENTS_PER_PERSON);
  const person = (n: number) => `p-${String(n % persons).padStart(7, "0")}`;
  await client.profiles.put(Array.from({ length: persons }, (_, n) => ({ person_id: person(n) })));
  const sending = { batch: 5_000, concurrency: 2 };
  report(`loading ${events * TOUCHPOINTS_PER_EVENT} touchpoints`);
  await client.touchpoints.send(touchpoints(), sending);
  report(`loading ${events} conversions`);
  await client.events.send(conversions(), sending);
  return new Date(day).toISOString().slice(0, 10);

  function* touchpoints(): Generator<NewTouchpoint> {
    for (let n = 0; n < events; n += 1)
      for (let k = 0; k < TOUCHPOINTS_PER_EVENT; k += 1)
        yield {
          id: `touch-${String(n * TOUCHPOINTS_PER_EVENT + k).padStart(8, "0")}`,
          person_id: person(n),
          occurred_at: new Date(day - (k + 1) * DAY_MS + ((n * 7_919) % DAY_MS)).toISOString(),
          source: SOURCES[(n + k) % SOURCES.length] ?? "direct",
          campaign_id: `campaign-${(n * 31) % 97}`,
        };
  }

  function* conversions(): Generator<NewEvent> {
    for (let n = 0; n < events; n += 1)
      yield {
        id: `order-${String(n).padStart(8, "0")}`,
        definition_id: n % 3 === 0 ? "sign_up" : "purchase",
        person_id: person(n),
        occurred_at: new Date(day + ((n * 431) % DAY_MS)).toISOString(),
        properties: { amount: ((n * 6_151) % 50_000) / 100, order_id: `A-${n}` },
      };
  }
}

export function showAttribution({ events, results }: AttributionResult): string {
  const plain = plainCpu(results);
  const head = ["", "lines", "CPU, s", "to the first", "wall, s", "lines/s", "rows read a line", "statements"];
  const cells = results.map(({ model, rows, median }) => [
    model ?? "without attribution",
    rows.toLocaleString("en"),
    median.cpu_ms === null ? "–" : (median.cpu_ms / 1000).toFixed(2),
    median.cpu_ms === null || plain === null ? "–" : `${(median.cpu_ms / plain).toFixed(2)} ×`,
    (median.wall_ms / 1000).toFixed(2),
    Math.round(rows / (median.wall_ms / 1000)).toLocaleString("en"),
    ((median.work?.d1_rows_read ?? Number.NaN) / rows).toFixed(2),
    (median.work?.d1_statements ?? Number.NaN).toLocaleString("en"),
  ]);
  const line = (texts: readonly string[]) =>
    texts.map((text, n) => (n === 0 ? text.padEnd(24) : text.padStart(17))).join("");
  return [
    `${events.toLocaleString("en")} conversions, ${TOUCHPOINTS_PER_EVENT} touchpoints each, fields ${FIELDS.join(", ")}`,
    "",
    line(head),
    ...cells.map(line),
  ].join("\n");
}

const plainCpu = (results: readonly AttributionRun[]): number | null =>
  results.find(({ model }) => model === null)?.median.cpu_ms ?? null;

export function judgeAttribution({ results }: AttributionResult): Target[] {
  const plain = plainCpu(results);
  return Object.entries(MAX_CPU).flatMap(([model, max]) => {
    const cpu = results.find((each) => each.model === model)?.median.cpu_ms ?? null;
    if (plain === null || cpu === null) return [];
    const what = `CPU of ${model} at most ${max} × that without attribution`;
    return [{ met: cpu / plain <= max, what, found: `${(cpu / plain).toFixed(2)} ×` }];
  });
}
