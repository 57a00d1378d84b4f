/**
 * A limiter's object that resets in the middle of calls: the call is retried, never admitted without a count, and no
 * count is lost. (workerd logs `uncaught exception` for each reset.)
 */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LimiterObject } from "../../src/limiter/limiter.ts";
import { POLICIES } from "../../src/limiter/policies.ts";
import { type ProblemView, Service, type Space } from "../support/service.ts";

type Take = LimiterObject["admit"];

let service: Service;
let space: Space;

beforeEach(async () => {
  service = new Service();
  space = await service.shop();
});

afterEach(() => {
  vi.restoreAllMocks();
});

const namespace = env.LIMITER as DurableObjectNamespace<LimiterObject>;
const stubOf = (of: Space) => namespace.get(namespace.idFromName(of.id));

const poll = () => service.call("GET", "/v1/exports", { key: space.key });
const create = () =>
  service.call("POST", "/v1/exports", {
    key: space.key,
    body: {
      dataset: "activity_events",
      start: new Date(service.now - 3_600_000).toISOString(),
      end: new Date(service.now).toISOString(),
    },
  });

async function statuses(count: number, make: () => Promise<Response>): Promise<number[]> {
  const found: number[] = [];
  for (let n = 0; n < count; n += 1) found.push((await make()).status);
  return found;
}

/** Resets the object as soon as it is asked the next time, before it counts the call. */
const resetAtNextCall = () =>
  runInDurableObject(stubOf(space), (object, state) => {
    Object.assign(object, { now: () => state.abort("reset on purpose") });
  });

/** Resets the object now, also in the middle of a call. */
const reset = () => runInDurableObject(stubOf(space), (_, state) => state.abort("reset on purpose")).catch(() => {});

/**
 * From now on stubs call this function for the exact policies, with the real object behind it. @returns the number of
 * calls.
 */
function behind(take: (real: () => Promise<ReturnType<Take>>, nth: number) => Promise<ReturnType<Take>>) {
  const asked = { times: 0 };
  const real = stubOf(space);
  vi.spyOn(env.LIMITER, "get").mockImplementation((() => ({
    admit: (...asks: Parameters<Take>) => {
      if (!POLICIES[asks[0]].exact) return real.admit(...asks);
      asked.times += 1;
      return take(() => real.admit(...asks), asked.times);
    },
  })) as never);
  return asked;
}

const broken = (marks: Record<string, boolean> = {}) =>
  Promise.reject(Object.assign(new Error("Durable Object reset because its code was updated."), marks));

describe("a call whose object is reset under it", () => {
  it("passes by the object that comes after", async () => {
    await resetAtNextCall();
    const response = await poll();
    expect([response.status, response.headers.get("x-ratelimit-remaining")]).toEqual([200, "29"]);
  });

  it("is asked again until the object is back", async () => {
    const asked = behind((real, nth) => (nth < 4 ? broken({ retryable: true }) : real()));
    expect([(await poll()).status, asked.times]).toEqual([200, 4]);
  });

  it("may take a second place for an answer that was lost, so that fewer pass, and never more", async () => {
    const asked = behind(async (real, nth) => {
      const answer = await real();
      return nth % 2 === 1 ? broken() : answer;
    });
    expect(await statuses(4, create)).toEqual([202, 202, 429, 429]);
    expect(asked.times).toBe(8);
  });
});

describe("a call whose object cannot be reached", () => {
  it("is asked to retry, and does not pass", async () => {
    behind(() => broken());
    const response = await create();
    const problem = await response.json<ProblemView>();
    expect([response.status, problem.code, response.headers.get("retry-after")]).toEqual([503, "unavailable", "5"]);
    vi.restoreAllMocks();
    const { data } = await service.json<{ data: unknown[] }>("GET", "/v1/exports", 200, { key: space.key });
    expect(data).toEqual([]);
  });

  it("reveals no internal error", async () => {
    behind(() => broken());
    expect(await (await poll()).text()).not.toMatch(/Durable|updated/);
  });

  it("does not retry an overloaded object", async () => {
    const asked = behind(() => broken({ overloaded: true }));
    expect([(await poll()).status, asked.times]).toEqual([503, 1]);
  });

  it("passes again as soon as it can be reached", async () => {
    behind(() => broken());
    await poll();
    vi.restoreAllMocks();
    expect((await poll()).headers.get("x-ratelimit-remaining")).toBe("29");
  });
});

describe("a call that only the policy api counts", () => {
  const look = () => service.call("GET", "/v1/space", { key: space.key });
  const failing = (marks: Record<string, boolean>) => {
    const admit = vi.fn<Take>(() => broken(marks) as never);
    vi.spyOn(env.LIMITER, "get").mockImplementation((() => ({ admit })) as never);
    return admit;
  };

  it("passes uncounted while the object cannot be reached", async () => {
    const admit = failing({ retryable: true });
    const response = await look();
    expect([response.status, response.headers.get("ratelimit"), admit.mock.calls.length]).toEqual([200, null, 5]);
  });

  it("does not pass while a flood of calls overloads the object", async () => {
    const admit = failing({ overloaded: true });
    const response = await look();
    expect([response.status, response.headers.get("retry-after"), admit.mock.calls.length]).toEqual([503, "5", 1]);
  });
});

describe("an object that is reset", () => {
  it("between calls has forgotten nothing", async () => {
    const before = await statuses(3, create);
    await reset();
    expect([...before, ...(await statuses(4, create))]).toEqual([202, 202, 202, 202, 202, 429, 429]);
  });

  it("again and again among calls that come at once lets no more than the limit through", async () => {
    const calls = Array.from({ length: 60 }, async (_, n) => {
      if (n % 15 === 5) await reset();
      return poll();
    });
    const found = (await Promise.all(calls)).map((response) => response.status);
    expect(found.filter((status) => status === 200).length).toBeLessThanOrEqual(30);
    expect((await poll()).status).toBe(429);
    expect(new Set(found)).toEqual(new Set([200, 429]));
  });
});
