/** Limits that keep memory and queries small for any conversion, and values that a summary must not contain. */

import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { datasetNamed } from "../../../src/datasets/index.ts";
import { Budget } from "../../../src/budget.ts";
import { D1Driver } from "../../../src/db/core/d1-driver.ts";
import { Database } from "../../../src/db/core/database.ts";
import { asked, conversion, credit, exported, market, NOON, sendTouches, touch } from "../../support/conversions.ts";
import { eventStoreIn } from "../../../src/db/events/sql-event-store.ts";

it("a page of lines has some two million characters at most, however long a line is", async () => {
  const { service, space } = await market();
  const touches = Array.from({ length: 300 }, (_, n) => touch(`t-${n}`, "email", NOON - 1_000 + n));
  await sendTouches(service, space, touches);
  const event_url = `https://shop.example/${"x".repeat(40_000)}`;
  await service.send(space, [conversion("e-1", { properties: { amount: 100, event_url } })]);
  const view = await exported(service, space, credit("linear", ["email"], { fields: ["event_url", "amount"] }));
  const row = await service.context.databases.control.first<{ query: string; snapshot_seq: number }>(
    "SELECT query, snapshot_seq FROM exports WHERE id = ?1",
    [view.id],
  );
  const db = new Database(new D1Driver(env.SPACE_DB), new Budget());
  const snapshot = {
    db,
    events: eventStoreIn(db),
    spaceId: space.id,
    seq: row?.snapshot_seq ?? 0,
    since: null,
  };
  const source = datasetNamed("conversion_events").open(JSON.parse(row?.query ?? ""), snapshot);
  let [lines, records] = [0, 0];
  for await (const page of source.pages(source.bounds)) {
    expect(page.lines.join("").length).toBeLessThan(2_100_000);
    lines += page.lines.length;
    records += page.records;
  }
  expect([lines, records, view.progress.rows_written]).toEqual([300, 1, 300]);
});

it("a company with a journey too long for one query costs about one query per conversion, for any number of models", async () => {
  const { service, space } = await market(["acme", "acme"]);
  const touches = Array.from({ length: 8_000 }, (_, n) =>
    touch(`t-${n}`, n % 2 === 0 ? "email" : "google_ads", NOON - 100_000 + n, { person_id: `p-${(n % 2) + 1}` }),
  );
  await sendTouches(service, space, touches);
  await service.send(
    space,
    Array.from({ length: 20 }, (_, n) =>
      conversion(`e-${String(n).padStart(2, "0")}`, { person_id: `p-${(n % 2) + 1}` }),
    ),
  );
  const before = service.meter.statements;
  const models = ["linear", "linear_paid", "u_shaped"];
  const view = await exported(service, space, credit(models, ["sms"], { level: "company" }));
  expect(view.status).toBe("completed");
  expect(service.meter.statements - before).toBeLessThan(85);
});

it("a summary contains no redacted value", async () => {
  const { service, space } = await market();
  const request = (redact: Record<string, string>) =>
    asked(credit("linear", ["email"], { fields: ["ad_id", "amount", "order_id"], group_by: ["ad_id"], redact }));
  const faults = (redact: Record<string, string>) =>
    service.faults("POST", "/v1/exports", { key: space.key, body: request(redact) });
  expect(await faults({ ad_id: "sha256", amount: "drop", order_id: "drop" })).toEqual([
    "/redact/ad_id",
    "/redact/amount",
  ]);
  await service.json("POST", "/v1/exports", 202, { key: space.key, body: request({ order_id: "drop" }) });
});

it("an estimate reads on until it finds lines", async () => {
  const { service, space } = await market([null, null]);
  await sendTouches(service, space, [touch("t-1", "email", NOON - 1_000, { person_id: "p-2" })]);
  // More conversions without a line than the first page has.
  const none = Array.from({ length: 700 }, (_, n) => conversion(`e-${String(n).padStart(4, "0")}`));
  const some = Array.from({ length: 700 }, (_, n) =>
    conversion(`f-${String(n).padStart(4, "0")}`, { person_id: "p-2" }),
  );
  await service.send(space, [...none, ...some]);
  const body = asked(credit("last_touch", ["email"]));
  const { rows } = await service.json<{ rows: number }>("POST", "/v1/exports/estimate", 200, { key: space.key, body });
  expect(rows).toBeGreaterThan(300);
});
