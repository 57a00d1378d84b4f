/** Idempotency keys: the same call with the same key gets the same answer, for a day, and creates one export. */

import { beforeEach, describe, expect, it } from "vitest";
import { sweep } from "../../support/sweep.ts";
import { roomyService } from "../../support/pipeline.ts";
import { type CallOptions, LAST_HOUR, type ProblemView, Service, type Space, START } from "../../support/service.ts";

const DAY_MS = 86_400_000;
const OTHER = { ...LAST_HOUR, layout: "files" };

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
});

const create = (key: string, body: unknown = LAST_HOUR, more: CallOptions = {}) =>
  service.call("POST", "/v1/exports", { key: space.key, body, ...more, headers: { "idempotency-key": key } });

/** How many exports the space shows. */
const count = async () =>
  (await service.json<{ data: unknown[] }>("GET", "/v1/exports", 200, { key: space.key })).data.length;

const codeOf = async (response: Response) => (await response.json<ProblemView>()).code;

/** The parts of an answer that a client reads. */
async function summarize(response: Response) {
  const header = (name: string) => response.headers.get(name);
  return {
    status: response.status,
    text: await response.text(),
    location: header("location"),
    type: header("content-type"),
    replay: header("idempotent-replay"),
  };
}

describe("a create that repeats another's key and request", () => {
  it("gets the very same bytes, marked as a replay, and creates nothing", async () => {
    const first = await summarize(await create("k"));
    service.now += 5_000;
    const second = await summarize(await create("k"));
    expect(first).toMatchObject({
      status: 202,
      replay: null,
      location: expect.stringMatching(/^\/v1\/exports\/.{36}$/),
    });
    expect(second).toEqual({ ...first, replay: "true" });
    expect([await count(), service.queue.length]).toEqual([1, 1]);
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ["completed", async () => service.pump()],
    ["canceled", (id) => service.json("POST", `/v1/exports/${id}/cancel`, 202, { key: space.key })],
    [
      "removed",
      async (id) => {
        await service.pump();
        await service.json("DELETE", `/v1/exports/${id}`, 204, { key: space.key });
        await sweep(service.context);
      },
    ],
  ])("gets the same answer after the export was %s", async (_what, then) => {
    const first = await summarize(await create("k"));
    await then((JSON.parse(first.text) as { id: string }).id);
    const before = [await count(), service.queue.length];
    expect(await summarize(await create("k"))).toEqual({ ...first, replay: "true" });
    expect([await count(), service.queue.length]).toEqual(before);
  });

  it("may write the request in another way: spaces, order, defaults spelled out", async () => {
    const first = await summarize(await create("k"));
    const { end, start, dataset } = LAST_HOUR;
    const body = JSON.stringify({ row_format: "flat", layout: "single", end, start, dataset }, null, 2);
    expect(await summarize(await create("k", body))).toEqual({ ...first, replay: "true" });
  });

  it("counts as a poll, even where the limit of creates is used up", async () => {
    service = new Service({ CREATE_LIMIT: "1", POLL_LIMIT: "2" });
    await service.followClock(space);
    const policies = [];
    for (const key of ["k", "k", "k", "k", "new"]) {
      const response = await create(key);
      policies.push([key, response.status, response.headers.get("ratelimit")]);
    }
    expect(policies).toEqual([
      ["k", 202, '"create";r=0;t=60'],
      ["k", 202, '"poll";r=1;t=60'],
      ["k", 202, '"poll";r=0;t=60'],
      ["k", 429, '"poll";r=0;t=60'],
      ["new", 429, '"create";r=0;t=60'],
    ]);
  });
});

describe("an idempotency key", () => {
  it("is refused for another request, which creates nothing, and stays valid for its own", async () => {
    const first = await summarize(await create("k"));
    const other = await create("k", OTHER);
    expect([other.status, await codeOf(other)]).toEqual([422, "idempotency_mismatch"]);
    expect(await count()).toBe(1);
    expect(await summarize(await create("k"))).toEqual({ ...first, replay: "true" });
  });

  it.each([
    ["one character", "a"],
    ["255 characters", "a".repeat(255)],
    ["any of ASCII", "K !\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"],
  ])("may be %s", async (_what, key) => {
    expect((await create(key)).status).toBe(202);
    expect((await create(key)).headers.get("idempotent-replay")).toBe("true");
  });

  it.each([
    ["empty", ""],
    ["256 characters", "a".repeat(256)],
  ])("may not be %s", async (_what, key) => {
    const response = await create(key);
    expect(response.status).toBe(422);
    expect((await response.json<ProblemView>()).errors).toMatchObject([{ pointer: "#header/Idempotency-Key" }]);
    expect(await count()).toBe(0);
  });

  it("is another one in capital letters, and in another space", async () => {
    await create("k");
    expect((await create("K")).headers.get("idempotent-replay")).toBeNull();
    const other = await service.shop();
    const elsewhere = await create("k", OTHER, { key: other.key });
    expect([elsewhere.status, elsewhere.headers.get("idempotent-replay")]).toEqual([202, null]);
    expect(await count()).toBe(2);
  });

  it("is kept for 24 hours, to the millisecond", async () => {
    const first = await summarize(await create("k"));
    await service.pump();
    service.now += DAY_MS - 1;
    await sweep(service.context);
    expect(await summarize(await create("k"))).toEqual({ ...first, replay: "true" });
    expect((await create("k", OTHER)).status).toBe(422);
    service.now += 1;
    const next = await summarize(await create("k", OTHER));
    expect([next.status, next.replay, next.location === first.location]).toEqual([202, null, false]);
    expect(await count()).toBe(2);
  });

  it("is forgotten by the sweep once it is old, and not before", async () => {
    const kept = async () => {
      await sweep(service.context);
      const sql = "SELECT key FROM idempotency_keys WHERE space_id = ?1 ORDER BY key";
      return (await service.context.databases.control.all<{ key: string }>(sql, [space.id])).map((row) => row.key);
    };
    await create("old");
    service.now += 1;
    await create("young");
    service.now = START + DAY_MS - 1;
    expect(await kept()).toEqual(["old", "young"]);
    service.now += 1;
    expect(await kept()).toEqual(["young"]);
  });

  it.each([2, 20])("creates one export when %i calls come at once", async (calls) => {
    const answers = await Promise.all(Array.from({ length: calls }, async () => summarize(await create("k"))));
    const accepted = answers.filter((answer) => answer.status === 202);
    expect(answers.filter((answer) => answer.status !== 202 && answer.status !== 409)).toEqual([]);
    expect(accepted.filter((answer) => answer.replay === null)).toHaveLength(1);
    expect(new Set(accepted.map((answer) => answer.text)).size).toBe(1);
    expect([await count(), service.queue.length]).toEqual([1, 1]);
    expect((await summarize(await create("k"))).text).toBe(accepted[0]?.text);
  });

  it("creates one export when two different requests come with it at once", async () => {
    const answers = await Promise.all([create("k"), create("k", OTHER)]);
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([202, 422]);
    expect(await count()).toBe(1);
  });

  it("is free again when its call was refused", async () => {
    const early = await create("k", { ...LAST_HOUR, end: new Date(START + 1).toISOString() });
    expect(early.status).toBe(422);
    const good = await summarize(await create("k"));
    expect([good.status, good.replay]).toEqual([202, null]);
  });

  it("is free again when its call found too many exports pending", async () => {
    service = roomyService({ PENDING_LIMIT: "1" });
    await create("first");
    const refused = await create("k");
    expect([refused.status, await codeOf(refused)]).toEqual([429, "too_many_pending_exports"]);
    await service.pump();
    const good = await summarize(await create("k"));
    expect([good.status, good.replay]).toEqual([202, null]);
  });
});
