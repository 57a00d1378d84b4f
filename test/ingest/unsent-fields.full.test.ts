/**
 * What an event leaves out costs nothing to store, whatever its definition has: what a call stores is bounded by what
 * it sent, a row by its limit, and a page by its bytes.
 */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { roomyService, rowsOf } from "../support/pipeline.ts";
import { type ProblemView, type Space } from "../support/service.ts";
import { SPACE_NO } from "../../src/db/core/sequences.ts";

const service = roomyService();
let space: Space;

const long = (n: number) => `${"f".repeat(100)}${n}`;
const FIELDS = Array.from({ length: 128 }, (_, n) => ({ name: long(n), type: "text" }));
/** Bytes of a row's item in which each field is null. */
const NULL_ITEM = JSON.stringify(Object.fromEntries(FIELDS.map(({ name }) => [name, null]))).length;

beforeEach(async () => {
  space = await service.shop();
  const properties = [{ name: "l", type: "list", fields: FIELDS }];
  await service.json("POST", "/v1/event-definitions", 201, {
    key: space.key,
    body: { id: "w", name: "W", properties },
  });
});

const event = (l: unknown, n = 0) => ({ id: `e-${n}`, definition_id: "w", person_id: "p-1", properties: { l } });
const send = (events: unknown[]) => service.call("POST", "/v1/events", { key: space.key, body: { events } });

const storedBytes = async () =>
  (
    await env.SPACE_DB.prepare(`SELECT sum(length(properties)) AS bytes FROM events WHERE space_no = ${SPACE_NO}`)
      .bind(space.id)
      .first<{ bytes: number }>()
  )?.bytes ?? 0;

describe("empty items of a list with many fields", () => {
  it("are stored as they were sent", async () => {
    const events = Array.from({ length: 300 }, (_, n) =>
      event(
        Array.from({ length: 130 }, () => ({})),
        n,
      ),
    );
    expect((await send(events)).status).toBe(202);
    expect(await storedBytes()).toBe(300 * JSON.stringify({ l: events[0]?.properties.l }).length);
  });

  it("are refused where the event's row would be larger than a row may be", async () => {
    const most = Math.floor(1_990_000 / (NULL_ITEM + 1));
    const answer = await send([
      event(
        Array.from({ length: most + 1 }, () => ({})),
        1,
      ),
    ]);
    const { errors } = await answer.json<ProblemView>();
    expect([answer.status, errors?.map(({ pointer }) => pointer)]).toEqual([422, ["/events/0/properties"]]);
    expect(errors?.[0]?.detail).toContain("null for each property and list field that the event leaves out");
    expect(
      (
        await send([
          event(
            Array.from({ length: most - 1 }, () => ({})),
            2,
          ),
        ])
      ).status,
    ).toBe(202);
  });

  it("have their nulls in List Events, a page at a time, and in an export", async () => {
    const items = Array.from({ length: 130 }, () => ({}));
    await send(Array.from({ length: 12 }, (_, n) => event(items, n)));
    const [start, end] = [service.now - 3_600_000, service.now + 1].map((time) => new Date(time).toISOString());
    service.now += 1_000;
    const sizes: number[] = [];
    for (let cursor = ""; ;) {
      const answer = await service.call("GET", `/v1/events?start=${start}&end=${end}&limit=12${cursor}`, {
        key: space.key,
      });
      const text = await answer.text();
      const page = JSON.parse(text) as { data: { l: Record<string, null>[] }[]; next_cursor: string | null };
      for (const { l } of page.data)
        expect([l.length, Object.keys(l[0] ?? {})]).toEqual([130, FIELDS.map(({ name }) => name)]);
      sizes.push(page.data.length);
      expect(text.length).toBeLessThan(8_100_000);
      if (page.next_cursor === null) break;
      cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
    }
    expect(sizes).toEqual([4, 4, 4]);
    const rows = await rowsOf(service, await service.export(space, { event_names: ["w"] }));
    expect(rows.map((row) => JSON.stringify(row["l"]).length)).toEqual(
      Array.from({ length: 12 }, () => 130 * (NULL_ITEM + 1) + 1),
    );
  });
});

describe("a call", () => {
  it("stores at most 15,728,640 bytes, however short its numbers were written", async () => {
    const properties = [{ name: "l", type: "list", fields: [{ name: "n", type: "number" }] }];
    await service.json("POST", "/v1/event-definitions", 201, {
      key: space.key,
      body: { id: "m", name: "M", properties },
    });
    // 11 bytes each as they are sent, 24 as they are stored: 81,000 are 1.9 MB.
    const list = `[${Array.from({ length: 81_000 }, () => '{"n":1e15}').join()}]`;
    const body = (n: number) =>
      `{"events":[${Array.from({ length: n }, (_, at) => `{"id":"m-${at}","definition_id":"m","person_id":"p-1","properties":{"l":${list}}}`).join()}]}`;
    const answer = await service.call("POST", "/v1/events", { key: space.key, body: body(17) });
    const { code, detail } = await answer.json<ProblemView>();
    expect([answer.status, code]).toEqual([413, "payload_too_large"]);
    expect(detail).toContain("15728640 bytes");
    expect(await storedBytes()).toBe(0);
    expect((await service.call("POST", "/v1/events", { key: space.key, body: body(2) })).status).toBe(202);
  });
});
