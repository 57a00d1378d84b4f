/** Events close to the two megabytes that the store takes: stored whole up to the limit, refused a byte past it. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { orders, Service, type Space } from "../support/service.ts";
import { SPACE_NO } from "../../src/db/core/sequences.ts";

const service = new Service();
let space: Space;

beforeEach(async () => {
  space = await service.shop();
});

const event = (more: Record<string, unknown>) => ({
  id: "e-1",
  definition_id: "order_placed",
  person_id: "p-1",
  ...more,
});
const send = (...events: unknown[]) => service.json("POST", "/v1/events", 202, { key: space.key, body: { events } });

async function properties(id = "e-1"): Promise<string | null> {
  const query = env.SPACE_DB.prepare(`SELECT properties FROM events WHERE space_no = ${SPACE_NO} AND id = ?`);
  return (await query.bind(space.id, id).first<{ properties: string }>())?.properties ?? null;
}

describe("a large event", () => {
  /** Bytes of `{"order_id":"…","amount":null}` around the text, and of id, definition and person. */
  const AROUND = '{"order_id":"","amount":null}'.length + "e-1".length + "order_placed".length + "p-1".length;
  const LARGEST = 1_990_000 - AROUND;

  it.each([
    ["of 1,990,000 bytes", "x".repeat(LARGEST)],
    ["of as many bytes in half as many characters", "é".repeat(Math.floor(LARGEST / 2))],
    ["of quotes, which JSON doubles", '"'.repeat(Math.floor(LARGEST / 2))],
  ])("%s is stored whole", async (_, text) => {
    expect(await send(event({ properties: { order_id: text } }))).toEqual({ accepted: 1, duplicates: 0 });
    expect((JSON.parse((await properties()) ?? "{}") as { order_id: string }).order_id === text).toBe(true);
  });

  it.each([
    ["of one byte more", "x".repeat(LARGEST + 1)],
    ["of more bytes than characters", "é".repeat(Math.floor(LARGEST / 2) + 1)],
    ["of more quotes", '"'.repeat(Math.floor(LARGEST / 2) + 1)],
  ])("%s is refused", async (_, text) => {
    const body = { events: [...orders(1), event({ properties: { order_id: text } })] };
    expect(await service.faults("POST", "/v1/events", { key: space.key, body })).toEqual(["/events/1/properties"]);
    expect(await properties("e-0000000")).toBe(null);
  });

  it("among small ones and other large ones is stored with them", async () => {
    const sizes = [10, 700_000, 1_950_000, 20, 1_200_000, 700_000, 30, 1_899_000, 1_900_000];
    const events = sizes.map((size, n) => event({ id: `e-${n}`, properties: { order_id: "x".repeat(size) } }));
    expect(await send(...events)).toEqual({ accepted: sizes.length, duplicates: 0 });
    const query = env.SPACE_DB.prepare(
      `SELECT length(properties ->> 'order_id') AS size, seq FROM events WHERE space_no = ${SPACE_NO} ORDER BY id`,
    ).bind(space.id);
    expect((await query.all()).results).toEqual(sizes.map((size) => ({ size, seq: 3 })));
  });

  it("that comes again is a duplicate", async () => {
    const large = event({ properties: { order_id: "x".repeat(1_950_000) } });
    await send(large);
    expect(await send(large, large)).toEqual({ accepted: 0, duplicates: 2 });
  });
});
