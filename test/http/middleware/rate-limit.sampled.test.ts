/** Rate limits over HTTP: the headers of each limited answer, and that their values are correct. */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { Route } from "../../../src/http/route.ts";
import { ROUTES } from "../../../src/http/routes.ts";
import { POLICIES, type Policy } from "../../../src/limiter/policies.ts";
import { ADMIN, orders, type ProblemView, Service, type Space } from "../../support/service.ts";
import { everyNth } from "../../support/seeds.ts";

let service: Service;
let space: Space;

beforeEach(async () => {
  service = new Service({ API_LIMIT: "1200" });
  space = await service.shop();
  await service.followClock(space);
});

const window = () => ({
  dataset: "activity_events",
  start: new Date(service.now - 3_600_000).toISOString(),
  end: new Date(service.now).toISOString(),
});
const create = (body: unknown = window()) => service.call("POST", "/v1/exports", { key: space.key, body });
const poll = (of: Space = space) => service.call("GET", `/v1/exports/${crypto.randomUUID()}`, { key: of.key });
const createWithKey = (key: string) =>
  service.call("POST", "/v1/exports", { key: space.key, body: window(), headers: { "idempotency-key": key } });
const estimate = (body: unknown) => service.call("POST", "/v1/exports/estimate", { key: space.key, body });
const list = (query: string) => service.call("GET", `/v1/events?${query}`, { key: space.key });
const listed = () => new URLSearchParams({ start: window().start, end: window().end }).toString();
const look = (more: { key?: string } = {}) => service.call("GET", "/v1/space", { key: space.key, ...more });

async function times<Item>(count: number, make: () => Promise<Item>): Promise<Item[]> {
  const created: Item[] = [];
  for (let n = 0; n < count; n += 1) created.push(await make());
  return created;
}

const NAMES = ["ratelimit-policy", "ratelimit", "x-ratelimit-limit", "x-ratelimit-remaining"];
const rateLimitHeaders = (response: Response) => NAMES.map((name) => response.headers.get(name));

describe("the headers", () => {
  it("of a create tell its policy, what is left of it, and when more is", async () => {
    const first = await create();
    service.now += 22_100;
    const second = await create();
    expect(rateLimitHeaders(first)).toEqual(['"create";q=5;w=60', '"create";r=4;t=60', "5", "4"]);
    expect(rateLimitHeaders(second)).toEqual(['"create";q=5;w=60', '"create";r=3;t=38', "5", "3"]);
  });

  it("of a poll tell its policy", async () => {
    expect(rateLimitHeaders(await poll())).toEqual(['"poll";q=30;w=60', '"poll";r=29;t=60', "30", "29"]);
  });

  it("follow the settings", async () => {
    const narrow = new Service({ CREATE_LIMIT: "2" });
    const response = await narrow.call("POST", "/v1/exports", { key: space.key, body: window() });
    expect(rateLimitHeaders(response)).toEqual(['"create";q=2;w=60', '"create";r=1;t=60', "2", "1"]);
  });

  it.each<[string, number, () => Promise<Response>]>([
    ["422", 422, () => create({ dataset: "activity_events" })],
    ["400", 400, () => create("{")],
    ["415", 415, () => service.call("POST", "/v1/exports", { key: space.key, raw: "dataset=x" })],
    ["404", 404, () => poll()],
    ["410", 410, () => service.call("GET", `/v1/exports/${crypto.randomUUID()}/content`, { key: space.key })],
  ])("are on a %s too", async (_, status, refused) => {
    const response = await refused();
    expect(response.status).toBe(status);
    expect(rateLimitHeaders(response)).not.toContain(null);
  });

  it("are on the 429, which leaves none", async () => {
    const [last] = (await times(6, create)).slice(-1);
    expect(last === undefined ? [] : rateLimitHeaders(last)).toEqual([
      '"create";q=5;w=60',
      '"create";r=0;t=60',
      "5",
      "0",
    ]);
  });

  it("of every other call of a space tell the policy api", async () => {
    // The harness made the definition and the profile of the shop.
    expect(rateLimitHeaders(await look())).toEqual(['"api";q=1200;w=60', '"api";r=1197;t=60', "1200", "1197"]);
  });

  it("are not on calls that are no space's", async () => {
    expect(rateLimitHeaders(await service.call("GET", "/healthz"))).toEqual([null, null, null, null]);
    expect(rateLimitHeaders(await service.call("GET", "/v1/spaces", { key: ADMIN }))).toEqual([null, null, null, null]);
    expect(rateLimitHeaders(await look({ key: "spw_unknown" }))).toEqual([null, null, null, null]);
  });
});

describe("a 429", () => {
  it("is a problem with a Retry-After in whole seconds", async () => {
    await times(5, create);
    const response = await create();
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "60"]);
    expect(await response.json<ProblemView>()).toMatchObject({ code: "rate_limited", status: 429 });
  });

  it.each([1, 999, 1_000, 1_001, 37_250, 59_999])("is correct %i ms after the first call", async (elapsed) => {
    await times(5, create);
    service.now += elapsed;
    const wait = Number((await create()).headers.get("retry-after"));
    service.now += wait * 1000 - 1000;
    const early = (await create()).status;
    service.now += 1000;
    expect([early, (await create()).status]).toEqual([429, 202]);
  });

  it("names the policy, its calls, and the second from which a call passes", async () => {
    await times(5, create);
    service.now += 22_100;
    const { detail } = await (await create()).json<ProblemView>();
    expect(detail).toBe(
      `The policy create allows a space 5 calls in any 60 seconds (${POLICIES.create.calls}). A call passes from 2026-03-01T12:01:00Z on: wait 38 seconds.`,
    );
  });

  it("is not counted, so that a client passes after the wait, however often it tries", async () => {
    await times(5, create);
    service.now += 59_000;
    await times(20, create);
    service.now += 1_000;
    expect((await create()).status).toBe(202);
  });

  it("lets exactly 5 of 40 creates at once through, each with a place of its own", async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => create()));
    const passed = answers.filter((answer) => answer.status === 202);
    const left = passed.map((answer) => Number(answer.headers.get("x-ratelimit-remaining")));
    expect(left.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe("a place", () => {
  it.each<[string, () => Promise<Response>, number]>([
    ["a body that its schema refuses", () => create({ dataset: "nothing" }), 422],
    ["a body that is no JSON", () => create("{"), 400],
    ["an Idempotency-Key that is too long", () => createWithKey("k".repeat(256)), 422],
    ["List Events without a window", () => list("event_names=order_placed"), 422],
    ["List Events with a parameter of the other view", () => list(`${listed()}&fields=amount`), 422],
    ["an estimate that its schema refuses", () => estimate({ dataset: "nothing" }), 422],
  ])("is not used by %s", async (_, refused, status) => {
    expect((await refused()).status).toBe(status);
    expect((await create()).headers.get("ratelimit")).toContain('"create";r=4');
    expect((await list(listed())).headers.get("ratelimit")).toContain('"list";r=6');
  });

  it("is used by a create that is refused after a look-up", async () => {
    const refused = await create({ ...window(), since: crypto.randomUUID() });
    expect([refused.status, refused.headers.get("ratelimit")]).toEqual([422, '"create";r=4;t=60']);
  });

  it("is not used by a call that authentication refuses", async () => {
    const narrow = await service.keyWith(space, ["exports:read"]);
    await times(6, () => service.call("POST", "/v1/exports", { key: narrow, body: window() }));
    expect((await create()).headers.get("x-ratelimit-remaining")).toBe("4");
  });

  it("of a create is no place of a poll", async () => {
    await times(6, create);
    expect((await poll()).headers.get("x-ratelimit-remaining")).toBe("29");
  });

  it("of a poll is no place of a create", async () => {
    const polls = await times(31, () => poll());
    expect(polls.at(-1)?.status).toBe(429);
    expect((await create()).status).toBe(202);
  });

  it("is the space's: its keys share them", async () => {
    const second = await service.keyWith(space, ["exports:write"]);
    await times(5, create);
    expect((await service.call("POST", "/v1/exports", { key: second, body: window() })).status).toBe(429);
  });

  it("of one space is none of another's", async () => {
    const other = await service.space();
    await times(31, () => poll());
    expect((await poll(other)).status).toBe(404);
  });

  it("of the list is used by an estimate, and by the count of a segment", async () => {
    expect(rateLimitHeaders(await estimate(window()))).toEqual(['"list";q=7;w=60', '"list";r=6;t=60', "7", "6"]);
    const counted = await service.call("GET", "/v1/segments/unknown/count", { key: space.key });
    expect([counted.status, counted.headers.get("ratelimit")]).toEqual([404, '"list";r=5;t=60']);
  });

  it("of the polls is used up without a cancel, a download or a deletion being refused", async () => {
    const { id } = await (await create()).json<{ id: string }>();
    await times(31, () => poll());
    const at = (method: string, rest: string) => service.call(method, `/v1/exports/${id}${rest}`, { key: space.key });
    const statuses = [];
    for (const [method, rest] of [
      ["GET", ""],
      ["GET", "/content"],
      ["GET", "/manifest"],
      ["GET", "/files/none"],
      ["GET", "/events"],
      ["POST", "/cancel"],
      ["DELETE", ""],
    ] as const)
      statuses.push((await at(method, rest)).status);
    expect(statuses).toEqual([429, 404, 404, 404, 200, 202, 204]);
  });
});

describe("the policy api", () => {
  /** The calls of the shop are counted, then `left` more pass. */
  const roomFor = (left: number) => new Service({ API_LIMIT: String(2 + left) });

  it("refuses every call of the space beyond its limit, writes and settings too, and none of another space", async () => {
    service = roomFor(3);
    const statuses = (await times(4, () => look())).map((answer) => answer.status);
    const write = await service.call("POST", "/v1/events", { key: space.key, body: { events: [] } });
    const other = await service.space();
    expect([...statuses, write.status, (await look({ key: other.key })).status]).toEqual([
      200, 200, 200, 429, 429, 200,
    ]);
    expect((await write.json<ProblemView>()).detail).toMatch(
      /^The policy api allows a space 5 calls in any 60 seconds/,
    );
  });

  it("counts calls that are refused for their scope, or for their body, but not those of no key", async () => {
    const narrow = await service.keyWith(space, ["events:read"]);
    service = roomFor(3);
    await look({ key: "spw_unknown" });
    const statuses = [
      (await service.call("GET", "/v1/api-keys", { key: narrow })).status,
      (await create("{")).status,
      (await look()).status,
    ];
    expect(statuses).toEqual([403, 400, 429]);
  });

  it("lets a call pass at the second that it names", async () => {
    service = new Service({ API_LIMIT: "1" });
    space = await service.space();
    await service.followClock(space);
    await look();
    service.now += 1_500;
    const wait = Number((await look()).headers.get("retry-after"));
    service.now += wait * 1000 - 1000;
    const early = (await look()).status;
    service.now += 1000;
    expect([early, (await look()).status]).toEqual([429, 200]);
  });

  it("costs no write of storage a call", async () => {
    await times(10, () => look());
    const stub = env.LIMITER.get(env.LIMITER.idFromName(space.id));
    const stored = await runInDurableObject(stub, (_, state) =>
      state.storage.sql.exec<{ policy: string }>("SELECT policy FROM passed").toArray(),
    );
    expect(stored).toEqual([]);
  });
});

describe("writes have a limit of their own, so that one space cannot occupy the database", () => {
  const send = (of = space) => service.call("POST", "/v1/events", { key: of.key, body: { events: orders(1) } });

  it("pass as often as WRITE_LIMIT says in any 60 seconds, and then have to wait", async () => {
    // The harness wrote the profile of the shop.
    service = new Service({ WRITE_LIMIT: "3" });
    const [first, second, refused] = [await send(), await send(), await send()];
    expect([first?.status, second?.status, refused?.status]).toEqual([202, 202, 429]);
    expect(rateLimitHeaders(second)).toEqual(['"write";q=3;w=60', '"write";r=0;t=60', "3", "0"]);
    expect(refused.headers.get("retry-after")).toBe("60");
    expect((await refused.json<ProblemView>()).detail).toMatch(/^The policy write allows a space 3 calls/);
  });

  it("of another space pass, and so do other calls of this one", async () => {
    service = new Service({ WRITE_LIMIT: "1" });
    const other = await service.shop();
    expect([(await send()).status, (await look()).status, (await send(other)).status]).toEqual([429, 200, 429]);
  });

  it("take no place when they are not valid", async () => {
    service = new Service({ WRITE_LIMIT: "2" });
    const wrong = await service.call("POST", "/v1/events", { key: space.key, body: { events: [] } });
    expect([wrong.status, (await send()).status, (await send()).status]).toEqual([422, 202, 429]);
  });
});

describe("redeliveries", () => {
  it("pass ten times in any 60 seconds", async () => {
    const again = () => service.call("POST", "/v1/webhook-deliveries/unknown/redeliver", { key: space.key });
    const statuses = (await times(11, again)).map((answer) => answer.status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 404), 429]);
  });
});

describe("every route", () => {
  const named = ROUTES.filter((route) => route.auth !== "none" && route.auth !== "admin").map(
    (route) => [`${route.method} ${route.path}`, route] as const,
  );

  /** The contract's table: every other call is counted by `api` alone. */
  const COUNTED: Partial<Record<Policy, readonly string[]>> = {
    create: ["createExport", "retryExport", "verifyExport"],
    poll: ["getExport", "getExportLoadStatements", "listExports"],
    list: ["listEvents", "estimateExport", "countSegment"],
    write: [
      "sendEvents",
      "mergeProfiles",
      "mergePeople",
      "sendTouchpoints",
      "loadReachabilityEvents",
      "putAdObjects",
      "putFlows",
    ],
    redeliver: ["redeliverWebhook"],
  };
  const policyOf = (route: Route) =>
    Object.entries(COUNTED).find(([, operations]) => operations.includes(route.operationId))?.[0];

  it.each(named)("%s has the limit it should have", (name, route) => {
    expect(route.limit).toBe(policyOf(route));
    if (route.limit !== undefined) expect(POLICIES[route.limit].calls).toContain(name);
  });

  it.each(everyNth(named, 6, 0))("%s is counted by api", async (_, route) => {
    const path = route.path.replaceAll(/\{\w+\}/g, crypto.randomUUID());
    service = new Service({ API_LIMIT: "2" });
    const response = await service.call(route.method, path, { key: space.key });
    expect([response.status, response.headers.get("ratelimit-policy")]).toEqual([429, '"api";q=2;w=60']);
  });
});
