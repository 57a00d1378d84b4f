/** Rate limits over HTTP: the headers of each limited answer, and that their values are correct. */

import { beforeEach, describe, expect, it } from "vitest";
import type { Route } from "../../../src/http/route.ts";
import { ROUTES } from "../../../src/http/routes.ts";
import { type ProblemView, Service, type Space } from "../../support/service.ts";

let service: Service;
let space: Space;

beforeEach(async () => {
  service = new Service();
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

  it("are not on calls that have no limit", async () => {
    const response = await service.call("GET", "/v1/space", { key: space.key });
    expect(rateLimitHeaders(response)).toEqual([null, null, null, null]);
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
  it("is used by a create that validation refuses", async () => {
    const statuses = (await times(6, () => create({ dataset: "nothing" }))).map((answer) => answer.status);
    expect(statuses).toEqual([422, 422, 422, 422, 422, 429]);
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

  it("of a poll is used by an estimate", async () => {
    const response = await service.call("POST", "/v1/exports/estimate", { key: space.key, body: window() });
    expect(rateLimitHeaders(response)).toEqual(['"poll";q=30;w=60', '"poll";r=29;t=60', "30", "29"]);
  });
});

describe("every route", () => {
  const named = ROUTES.filter((route) => route.auth !== "none" && route.auth !== "admin").map(
    (route) => [`${route.method} ${route.path}`, route] as const,
  );

  /** The contract's table. */
  function policyOf(route: Route): string | null {
    if (!route.path.startsWith("/v1/exports"))
      return route.method === "GET" && route.path === "/v1/events" ? "list" : null;
    const creates = ["POST /v1/exports", "POST /v1/exports/{id}/retry"];
    return creates.includes(`${route.method} ${route.path}`) ? "create" : "poll";
  }

  it.each(named)("%s has the limit it should have", async (_, route) => {
    const path = route.path.replaceAll(/\{\w+\}/g, crypto.randomUUID());
    const response = await service.call(route.method, path, {
      key: space.key,
      ...(route.body === undefined ? {} : { body: {} }),
    });
    const policy = /^"(\w+)"/.exec(response.headers.get("ratelimit-policy") ?? "")?.[1] ?? null;
    expect(policy).toBe(policyOf(route));
  });
});
