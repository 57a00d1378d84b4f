/** When the client makes a call again: against a real HTTP server that fails as a test says. */

import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Spillway, SpillwayError } from "../../client/src/index.ts";
import { backoffMs } from "../../client/src/retries.ts";
import { cut, faultyServer, type FaultyServer, half, ok, problem, type Step } from "./faulty-server.ts";
import { pause } from "../../client/src/transport.ts";

let server: FaultyServer;
let steps: Step[];
let waits: number[];
let spillway: Spillway;

beforeEach(async () => {
  steps = [];
  waits = [];
  server = await faultyServer(() => steps.shift() ?? ok({}));
  spillway = new Spillway({
    origin: server.origin,
    key: "sk_test",
    random: () => 1,
    sleep: async (ms) => void waits.push(ms),
  });
});

afterEach(() => server.close());

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof SpillwayError) return error.code;
    throw error;
  }
  return "none";
}

const EXPORT = { dataset: "profile_attributes" } as const;

describe("a call is made again", () => {
  it("after the seconds that Retry-After names", async () => {
    steps = [problem(429, "rate_limited", { "retry-after": "7" }), ok({ id: "x" })];
    expect(await spillway.exports.get("x")).toEqual({ id: "x" });
    expect(waits).toEqual([7_000]);
  });

  it("and the last answer's response is shown, with its headers", async () => {
    steps = [problem(503, "unavailable"), ok({ id: "x" })];
    const seen: number[] = [];
    await spillway.exports.get("x", { onResponse: ({ status }) => seen.push(status) });
    expect(seen).toEqual([200]);
  });

  it("and tells its caller before each wait", async () => {
    steps = [problem(429, "rate_limited", { "retry-after": "7" }), problem(503, "unavailable"), ok({ id: "x" })];
    const told: unknown[] = [];
    await spillway.exports.get("x", { onRetry: ({ error, waitMs }) => told.push([error.code, waitMs, waits.length]) });
    expect(told).toEqual([
      ["rate_limited", 7_000, 0],
      ["unavailable", 1_000, 1],
    ]);
  });

  it("where it is refused for its rate, also if it may not be repeated", async () => {
    steps = [problem(429, "rate_limited", { "retry-after": "1" })];
    await spillway.exports.retry("x");
    expect(server.seen).toHaveLength(2);
  });

  it.each([
    ["the connection breaks", cut],
    ["half an answer comes", half('{"id":')],
    ["the service is unavailable", problem(503, "unavailable")],
    ["the service fails", problem(500, "internal")],
  ])("where %s, with a growing delay", async (_why, step) => {
    steps = [step, step, ok({ id: "x" })];
    expect(await spillway.exports.get("x")).toEqual({ id: "x" });
    expect(waits).toEqual([500, 1_000]);
  });

  it("with the same idempotency key, so that one export is created", async () => {
    steps = [cut, problem(409, "conflict"), ok({ id: "x" })];
    await spillway.exports.create(EXPORT);
    expect(new Set(server.seen.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
    expect(server.seen).toHaveLength(3);
  });

  it("with the same ids, so that no event is stored twice", async () => {
    steps = [cut, ok({ accepted: 1, duplicates: 0 })];
    await spillway.events.send([{ definition_id: "order_placed", person_id: "p-1", properties: {} }]);
    expect(server.seen[0]?.body).toMatch(/"id":"[0-9a-f-]{36}"/);
    expect(server.seen[1]?.body).toBe(server.seen[0]?.body);
  });

  it("and finds deleted what the call before it deleted", async () => {
    steps = [cut, problem(404, "not_found")];
    await spillway.segments.delete("vip");
    expect(server.seen).toHaveLength(2);
  });
});

describe("a call is not made again", () => {
  it("where the request is wrong", async () => {
    steps = [problem(422, "invalid_request")];
    expect(await codeOf(spillway.exports.create(EXPORT))).toBe("invalid_request");
    expect(server.seen).toHaveLength(1);
  });

  it("where it may have been done, and may not be repeated", async () => {
    steps = [cut];
    expect(await codeOf(spillway.apiKeys.create({ name: "k", scopes: ["exports:read"] }))).toBe("unreachable");
    expect(server.seen).toHaveLength(1);
  });

  it("for something that is not there", async () => {
    steps = [problem(404, "not_found")];
    expect(await codeOf(spillway.segments.delete("vip"))).toBe("not_found");
  });

  it("for a rate that asks for a longer wait than the limit", async () => {
    steps = [problem(429, "rate_limited", { "retry-after": "121" })];
    expect(await codeOf(spillway.exports.get("x"))).toBe("rate_limited");
  });

  it("where waiting helps nothing: an export that has failed, a space with too many of them", async () => {
    steps = [problem(503, "export_failed"), problem(429, "too_many_pending_exports")];
    expect(await codeOf(spillway.exports.content("x"))).toBe("export_failed");
    expect(await codeOf(spillway.exports.create(EXPORT))).toBe("too_many_pending_exports");
    expect(server.seen).toHaveLength(2);
  });

  it("more often than six times", async () => {
    steps = Array.from({ length: 20 }, () => problem(503, "unavailable"));
    expect(await codeOf(spillway.exports.get("x"))).toBe("unavailable");
    expect(server.seen).toHaveLength(6);
  });

  it("after its signal is aborted", async () => {
    const controller = new AbortController();
    steps = [
      (response) => {
        controller.abort(new Error("The user left."));
        response.destroy();
      },
    ];
    await expect(spillway.exports.get("x", { signal: controller.signal })).rejects.toThrow("The user left.");
    expect(server.seen).toHaveLength(1);
  });
});

it("an answer that is not the service's is told apart", async () => {
  steps = [(response) => response.writeHead(418).end("<html>")];
  expect(await codeOf(spillway.exports.get("x"))).toBe("unexpected_answer");
});

it("a service that is not there is told by its origin", async () => {
  const unreachable = new Spillway({ origin: "http://127.0.0.1:1", key: "sk_test", retries: { attempts: 1 } });
  await expect(unreachable.exports.get("x")).rejects.toMatchObject({
    code: "unreachable",
    message: "No service answers at http://127.0.0.1:1 (GET /v1/exports/x).",
  });
});

it("ids go into paths as they are, whatever they contain", async () => {
  await spillway.profiles.get("a/b?c#d ü");
  expect(server.seen[0]?.path).toBe("/v1/profiles/a%2Fb%3Fc%23d%20%C3%BC");
});

it("an address or a key that cannot be one is refused at once, without showing the key", () => {
  expect(() => new Spillway({ origin: "exports.example.com", key: "sk_1" })).toThrow(TypeError);
  expect(() => new Spillway({ origin: "https://exports.example.com", key: "sk_1\nsecret" })).toThrow(
    /^The key is empty, or has a character that keys never have\.$/,
  );
});

it("the backoff doubles up to half a minute, and half of it is random", () => {
  expect([1, 2, 3, 20].map((attempt) => backoffMs(attempt, 1))).toEqual([500, 1_000, 2_000, 30_000]);
  expect(backoffMs(1, 0)).toBe(250);
});

it("a wait leaves nothing on a signal that outlives it", async () => {
  const { signal } = new AbortController();
  await pause(0, signal);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});
