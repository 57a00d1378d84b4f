/** Conversions with their credit, model by model, beside the same export without attribution. */

import { MODELS } from "../../src/attribution/models.ts";
import { Client, createSpace } from "../client.ts";
import { measureExport, type Run } from "./measure.ts";
import { withService } from "./service.ts";
import type { Target } from "./targets.ts";

const TOUCHPOINTS_PER_EVENT = 5;
const EVENTS_PER_PERSON = 1;
const DAY_MS = 86_400_000;
const MAX_WALL: Record<string, number> = { linear: 3, first_touch: 2, last_touch: 2 };
const FIELDS = ["profile_id", "event_name", "amount"];
/** Sources of every kind, so that each model credits one. */
const SOURCES = ["google_ads", "email", "direct", "facebook_ads", "referral"];
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
  persistTo: string;
  report: (what: string) => void;
}): Promise<AttributionResult> {
  const { events, runs, persistTo, report } = options;
  return withService(persistTo, "fflate", async (service) => {
    const space = await createSpace(service.origin, { name: "Attribution", timezone: "UTC", retention_days: 36_500 });
    const client = new Client(service.origin, space.api_key);
    const date = await load(client, events, report);
    const results: AttributionRun[] = [];
    for (const model of [null, ...MODELS]) {
      const rows = events * linesPerEvent(model);
      const attribution = { sources: SOURCES, attribution_model: model, attribution_window: 30 };
      const request = { dataset: "conversion_events", date, fields: FIELDS, ...(model === null ? {} : attribution) };
      // The first run of each model only warms up.
      const measured: Run[] = [];
      for (let n = 0; n <= runs; n += 1) {
        report(`${model ?? "without attribution"}: ${n} of ${runs}`);
        const { run } = await measureExport(service, client, request, rows);
        if (n > 0) measured.push(run);
      }
      const median = measured.toSorted((a, b) => a.wall_ms - b.wall_ms)[Math.floor(measured.length / 2)];
      if (median === undefined) throw new Error("No run was measured.");
      results.push({ model, rows, runs: measured, median });
    }
    return { events, results };
  });
}

function linesPerEvent(model: string | null): number {
  if (model === "linear" || model === "u_shaped") return TOUCHPOINTS_PER_EVENT;
  return model === "linear_paid" ? SOURCES.filter((source) => source.endsWith("_ads")).length : 1;
}

/** @returns the day of all conversions. */
async function load(client: Client, events: number, report: (what: string) => void): Promise<string> {
  const day = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS;
  const persons = Math.ceil(events / EVENTS_PER_PERSON);
  const person = (n: number) => `p-${String(n % persons).padStart(7, "0")}`;
  await client.putProfiles(Array.from({ length: persons }, (_, n) => ({ person_id: person(n) })));
  const sending = { batch: 5_000, concurrency: 2 };
  report(`loading ${events * TOUCHPOINTS_PER_EVENT} touchpoints`);
  await client.sendTouchpoints(touchpoints(), sending);
  report(`loading ${events} conversions`);
  await client.sendEvents(conversions(), sending);
  return new Date(day).toISOString().slice(0, 10);

  function* touchpoints(): Generator<Record<string, unknown>> {
    for (let n = 0; n < events; n += 1)
      for (let k = 0; k < TOUCHPOINTS_PER_EVENT; k += 1)
        yield {
          id: `touch-${String(n * TOUCHPOINTS_PER_EVENT + k).padStart(8, "0")}`,
          person_id: person(n),
          occurred_at: new Date(day - (k + 1) * DAY_MS + ((n * 7_919) % DAY_MS)).toISOString(),
          source: SOURCES[(n + k) % SOURCES.length],
          campaign_id: `campaign-${(n * 31) % 97}`,
        };
  }

  function* conversions(): Generator<Record<string, unknown>> {
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
  const plain = results.find(({ model }) => model === null)?.median.wall_ms ?? Number.NaN;
  const head = ["", "lines", "wall, s", "to the first", "CPU, s", "lines/s", "rows read a line", "statements"];
  const cells = results.map(({ model, rows, median }) => [
    model ?? "without attribution",
    rows.toLocaleString("en"),
    (median.wall_ms / 1000).toFixed(2),
    `${(median.wall_ms / plain).toFixed(2)} ×`,
    median.cpu_ms === null ? "–" : (median.cpu_ms / 1000).toFixed(2),
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

export function judgeAttribution({ results }: AttributionResult): Target[] {
  const plain = results.find(({ model }) => model === null)?.median.wall_ms ?? Number.NaN;
  return results.flatMap(({ model, median }) => {
    const max = MAX_WALL[model ?? ""];
    if (max === undefined) return [];
    const ratio = median.wall_ms / plain;
    const what = `wall of ${model ?? ""} at most ${max} × that without attribution`;
    return [{ met: ratio <= max, what, found: `${ratio.toFixed(2)} ×` }];
  });
}
