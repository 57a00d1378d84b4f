/** Conversions in tests: purchases, the touchpoints before them, and the lines of a day's export. */

import { gunzip } from "./gunzip.ts";
import { roomyService, type Row, rowsOf } from "./pipeline.ts";
import { type ExportView, type Service, type Space, START } from "./service.ts";

/** The day that is requested, of a space in London, and its noon. */
export const DATE = "2026-02-28";
export const NOON = Date.parse("2026-02-28T12:00:00.000Z");
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export const at = (time: number) => new Date(time).toISOString();

/** A purchase, by default of `p-1` for 100 at noon. */
export const conversion = (id: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  id,
  definition_id: "purchase",
  person_id: "p-1",
  occurred_at: at(NOON),
  properties: { amount: 100 },
  ...more,
});

/** A touchpoint of `p-1`. @param time epoch ms. */
export const touch = (
  id: string,
  source: string,
  time: number,
  more: Record<string, unknown> = {},
): Record<string, unknown> => ({ id, source, person_id: "p-1", occurred_at: at(time), ...more });

/** A service without rate limits, and a space with the persons `p-1`, `p-2` … @param companies of each. */
export async function market(
  companies: readonly (string | null)[] = [null],
  more: Record<string, unknown> = {},
): Promise<{ service: Service; space: Space }> {
  const service = roomyService();
  const space = await service.space(more);
  await putPersons(service, space, companies);
  return { service, space };
}

export async function putPersons(service: Service, space: Space, companies: readonly (string | null)[]): Promise<void> {
  const profiles = companies.map((company_id, n) => ({ person_id: `p-${n + 1}`, company_id }));
  for (let from = 0; from < profiles.length; from += 1_000)
    await service.json("PUT", "/v1/profiles", 200, {
      key: space.key,
      body: { profiles: profiles.slice(from, from + 1_000) },
    });
}

/** Sends touchpoints, as many calls as it takes. */
export async function sendTouches(
  service: Service,
  space: Space,
  touchpoints: readonly Record<string, unknown>[],
): Promise<void> {
  for (let from = 0; from < touchpoints.length; from += 5_000)
    await service.json("POST", "/v1/touchpoints", 202, {
      key: space.key,
      body: { touchpoints: touchpoints.slice(from, from + 5_000) },
    });
}

export async function putAds(service: Service, space: Space, objects: Record<string, unknown>): Promise<void> {
  await service.json("PUT", "/v1/ad-objects", 200, { key: space.key, body: objects });
}

/** The request for the day, with what is its own. */
export const asked = (request: Record<string, unknown>) => ({
  dataset: "conversion_events",
  ...("start_date" in request ? {} : { date: DATE }),
  ...request,
});

/** Asks for the day's conversions. @returns the export's id. */
export function ask(service: Service, space: Space, request: Record<string, unknown> = {}): Promise<string> {
  return service.ask(space, { start: undefined, end: undefined, ...asked(request) });
}

/** Asks, pumps, polls. @throws when it is not completed. */
export async function exported(
  service: Service,
  space: Space,
  request: Record<string, unknown> = {},
): Promise<ExportView> {
  const id = await ask(service, space, request);
  await service.pump();
  const view = await service.poll(space, id);
  if (view.status !== "completed") throw new Error(`${view.status}: ${JSON.stringify(view.error)}`);
  return view;
}

/** The lines of the day's export. */
export async function linesOf(service: Service, space: Space, request: Record<string, unknown> = {}): Promise<Row[]> {
  return rowsOf(service, await exported(service, space, request));
}

/** Each file's lines. */
export async function filesOf(service: Service, view: ExportView): Promise<Row[][]> {
  return Promise.all(
    view.files.map(async (file) => {
      const text = gunzip(await service.fetchFile(file));
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Row);
    }),
  );
}

export interface Summary {
  group_by: string[];
  groups: (Record<string, unknown> & { rows: number; credit: number; amount: number })[] | null;
  message?: string;
}

export interface ManifestView {
  files: { name: string; rows: number; first: unknown; last: unknown }[];
  totals: { files: number; rows: number };
  summary?: Summary;
}

export function manifestOf(service: Service, space: Space, exportId: string): Promise<ManifestView> {
  return service.json("GET", `/v1/exports/${exportId}/manifest`, 200, { key: space.key });
}

/** Attribution over everything there is, by one model. */
export const credit = (attribution_model: string | readonly string[], sources: readonly string[], more = {}) => ({
  sources,
  attribution_model,
  attribution_window: 0,
  ...more,
});

/** The request for the credit of the purchases of START's day, by equal shares, in files. */
export const SALES = {
  start: undefined,
  end: undefined,
  dataset: "conversion_events",
  date: at(START).slice(0, 10),
  sources: ["google_ads"],
  attribution_model: "linear",
  attribution_window: 30,
  fields: ["order_name", "amount"],
  layout: "files",
};

const FIRST_PURCHASE = START - 3_000_000;

/** The nth purchase, a millisecond after the one before. */
export const purchase = (n: number, person = "p-1", order = `order ${n}`) =>
  conversion(`s-${String(n).padStart(4, "0")}`, {
    person_id: person,
    occurred_at: at(FIRST_PURCHASE + n),
    properties: { order_name: order, amount: 10 + n },
  });

/** Sends touchpoints of p-1 before all purchases: each purchase of p-1 has as many rows. */
export function touchTimes(service: Service, space: Space, count: number): Promise<void> {
  const touches = Array.from({ length: count }, (_, n) =>
    touch(`t-${String(n).padStart(4, "0")}`, "google_ads", FIRST_PURCHASE + n - count),
  );
  return sendTouches(service, space, touches);
}

/** Sends purchases of p-1 and the touchpoints before them. */
export async function sell(service: Service, space: Space, purchases: number, touchpoints: number): Promise<void> {
  await service.send(
    space,
    Array.from({ length: purchases }, (_, n) => purchase(n)),
  );
  await touchTimes(service, space, touchpoints);
}
