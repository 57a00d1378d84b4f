/** Dry runs of the largest calls: rows after the first 8,000,000 bytes are left out, and the errors are the call's. */

import { expect, it } from "vitest";
import { roomyService, type Row } from "../support/pipeline.ts";
import { orders, type ProblemView } from "../support/service.ts";

const service = roomyService();

const large = (count: number, bytes: number) =>
  orders(count).map((event) => ({ ...event, properties: { order_id: "x".repeat(bytes) } }));

it("rows after the first 8,000,000 bytes are left out, and counted", async () => {
  const { key } = await service.shop();
  const answer = async (events: readonly unknown[]) => {
    const body = { events };
    const response = await service.call("POST", "/v1/events?dry_run=true", { key, body });
    const text = await response.text();
    expect(Buffer.byteLength(text)).toBeLessThan(8_100_000);
    const run = JSON.parse(text) as { accepted: number; data: Row[]; rows_left_out: number };
    return [run.accepted, run.data.length, run.rows_left_out];
  };
  expect(await answer(large(7, 1_900_000))).toEqual([7, 4, 3]);
  expect(await answer(large(5_000, 1_700))).toEqual([5_000, 4_149, 851]);
  expect(await answer(orders(5_000))).toEqual([5_000, 5_000, 0]);
});

it.each<[what: string, events: () => unknown[]]>([
  ["more than may be stored", () => large(8, 1_985_000)],
  ["more events than a call may have", () => orders(5_001)],
])("%s are refused as the call is", async (_, events) => {
  const { key } = await service.shop();
  const body = { events: events() };
  const [real, dry] = await Promise.all(
    ["", "?dry_run=true"].map(async (query) => {
      const response = await service.call("POST", `/v1/events${query}`, { key, body });
      return { ...(await response.json<ProblemView>()), request_id: "" };
    }),
  );
  expect([413, 422]).toContain(real?.status);
  expect(dry).toEqual(real);
});
