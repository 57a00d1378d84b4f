/** Purchases and what led to them: a dataset whose records give several rows, or none, and whose files are cut as they are written. */

import { env } from "cloudflare:workers";
import { unguessableName } from "../../src/export/output/file-names.ts";
import type { Service, Space } from "./service.ts";
import { START } from "./service.ts";

/** Asks for the credit of the day's purchases, by equal shares. */
export const SALES = {
  start: undefined,
  end: undefined,
  dataset: "conversion_events",
  date: new Date(START).toISOString().slice(0, 10),
  sources: ["google_ads"],
  attribution_model: "linear",
  attribution_window: 30,
  fields: ["order_name", "amount"],
  layout: "files",
};

const at = (ms: number) => new Date(START - 3_000_000 + ms).toISOString();

/** The nth purchase of a person, a millisecond after the one before. */
export const purchase = (n: number, person = "p-1", order = `order ${n}`) => ({
  id: `s-${String(n).padStart(4, "0")}`,
  definition_id: "purchase",
  person_id: person,
  occurred_at: at(n),
  properties: { order_name: order, amount: 10 + n },
});

/** Touchpoints of p-1 before all purchases: each purchase of theirs gives as many rows. */
export async function touch(service: Service, space: Space, count: number): Promise<void> {
  const touchpoints = Array.from({ length: count }, (_, n) => ({
    id: `t-${String(n).padStart(4, "0")}`,
    person_id: "p-1",
    source: "google_ads",
    occurred_at: at(n - count),
  }));
  await service.json("POST", "/v1/touchpoints", 202, { key: space.key, body: { touchpoints } });
}

/** A shop with purchases, each with as many touchpoints. */
export async function sell(service: Service, space: Space, purchases: number, touchpoints: number): Promise<void> {
  await service.send(
    space,
    Array.from({ length: purchases }, (_, n) => purchase(n)),
  );
  await touch(service, space, touchpoints);
}

/** What an export's names are made of. */
export async function secretOf(exportId: string): Promise<string> {
  const query = await env.CONTROL_DB.prepare("SELECT query ->> 'secret' AS secret FROM exports WHERE id = ?1")
    .bind(exportId)
    .first<string>("secret");
  return query ?? "";
}

/** The name of a chunk's nth file. */
export const nameOf = (secret: string, chunk: number, nth: number): string =>
  `${unguessableName(secret, chunk * 100_000 + nth)}.ndjson.gz`;
