/**
 * The limits under load: 2,000 creates and polls of 20 spaces at once, while every second space's object is reset in
 * the middle of its calls, and a kill of the whole service in the same minute. What passed is judged by the answers and
 * by this side's clock alone: an answer's moment lies between its sending and its arrival.
 */

import { beforeAll, describe, expect, test } from "vitest";
import type { NewSpace } from "../../client/src/index.ts";
import { createSpace } from "../../scripts/spaces.ts";
import { dice, shuffled } from "../support/random.ts";
import { liveStack } from "./support.ts";

const SPACES = 20;
/** Calls of a space, and how many of them pass in 60 seconds. */
const POLICIES = { create: { calls: 40, limit: 5, passes: 202 }, poll: { calls: 60, limit: 30, passes: 200 } } as const;
const WINDOW_MS = 60_000;

type Policy = keyof typeof POLICIES;

interface Answer {
  space: string;
  policy: Policy;
  status: number;
  headers: Headers;
  sentAt: number;
  receivedAt: number;
}

/** As the objects themselves tell it. */
interface Report {
  taken: Record<Policy, number>;
  resets: number;
  disturbed: boolean;
}

// The entry point follows an option that takes one value: `--var` would take it for another variable.
const stack = liveStack("--name", "spillway", "test/support/fire-worker.ts");
let spaces: NewSpace[] = [];
let answers: Answer[] = [];
const reports = new Map<string, Report>();

async function call(space: NewSpace, policy: Policy): Promise<Answer> {
  const headers = { authorization: `Bearer ${space.api_key}`, "content-type": "application/json" };
  const sentAt = Date.now();
  const window = { start: new Date(sentAt - 7_200_000).toISOString(), end: new Date(sentAt - 3_600_000).toISOString() };
  const response = await fetch(`${stack.origin}/v1/exports`, {
    headers,
    ...(policy === "create"
      ? { method: "POST", body: JSON.stringify({ dataset: "activity_events", ...window }) }
      : { method: "GET" }),
  });
  await response.arrayBuffer();
  return {
    space: space.id,
    policy,
    status: response.status,
    headers: response.headers,
    sentAt,
    receivedAt: Date.now(),
  };
}

/** All calls of all spaces at once, in an order that a seed gives. */
function fire(seed: number): Promise<Answer[]> {
  const calls = spaces.flatMap((space) =>
    (["create", "poll"] as const).flatMap((policy) =>
      Array.from({ length: POLICIES[policy].calls }, () => ({ space, policy })),
    ),
  );
  return Promise.all(shuffled(dice(seed), calls).map(({ space, policy }) => call(space, policy)));
}

const passed = (answer: Answer) => answer.status === POLICIES[answer.policy].passes;

const passesOf = (space: NewSpace, policy: Policy, among: readonly Answer[] = answers) =>
  among.filter((answer) => answer.space === space.id && answer.policy === policy && passed(answer));

/** How many of these surely passed within one span of 60 seconds, at most. */
function mostInOneWindow(passes: readonly Answer[]): number {
  const counts = passes.map(({ sentAt: start }) => {
    return passes.filter(({ sentAt, receivedAt }) => sentAt >= start && receivedAt <= start + WINDOW_MS).length;
  });
  return Math.max(0, ...counts);
}

function reportOf(space: NewSpace): Report {
  const report = reports.get(space.id);
  if (report === undefined) throw new Error("the space has no report");
  return report;
}

const disturbed = () => spaces.filter((space) => reportOf(space).disturbed);
const calm = () => spaces.filter((space) => !reportOf(space).disturbed);

beforeAll(async () => {
  const names = Array.from({ length: SPACES }, (_, n) => `Space ${n}`);
  spaces = await Promise.all(
    names.map((name) => createSpace(stack.origin, { name, timezone: "UTC" }).then(({ space }) => space)),
  );
  answers = await fire(1);
  for (const space of spaces) {
    const response = await fetch(`${stack.origin}/limiter-report/${space.id}`);
    reports.set(space.id, (await response.json()) as Report);
  }
});

test("every call is answered: it passes, or is refused for the limit", () => {
  expect(answers).toHaveLength(2_000);
  expect(new Set(answers.map((answer) => `${answer.policy} ${answer.status}`))).toEqual(
    new Set(["create 202", "create 429", "poll 200", "poll 429"]),
  );
});

test("some spaces' objects were reset under fire, others' were not", () => {
  expect(disturbed().length).toBeGreaterThan(0);
  expect(calm().length).toBeGreaterThan(0);
  expect(new Set(disturbed().map((space) => reportOf(space).resets))).toEqual(new Set([4]));
});

describe.each(["create", "poll"] as const)("the policy %s", (policy) => {
  const { limit } = POLICIES[policy];

  test("lets no space pass once too often in any 60 seconds", () => {
    expect(Math.max(...spaces.map((space) => mostInOneWindow(passesOf(space, policy))))).toBe(limit);
  });

  test("admits every space up to its limit, independent of the other spaces", () => {
    expect(new Set(spaces.map((space) => reportOf(space).taken[policy]))).toEqual(new Set([limit]));
  });

  test("admits a space whose object stays exactly up to its limit, each remaining count once", () => {
    const places = Array.from({ length: limit }, (_, n) => n);
    for (const space of calm()) {
      const left = passesOf(space, policy).map((answer) => Number(answer.headers.get("x-ratelimit-remaining")));
      expect(left.toSorted((a, b) => a - b)).toEqual(places);
    }
  });

  test("lets a space whose object is reset pass too: it loses only places whose answers were lost", () => {
    for (const space of disturbed()) expect(passesOf(space, policy).length).toBeGreaterThan(0);
  });
});

test("every answer names its policy, and every refusal says that nothing remains and when to retry", () => {
  for (const { policy, status, headers } of answers) {
    expect(headers.get("ratelimit-policy")).toBe(`"${policy}";q=${POLICIES[policy].limit};w=60`);
    if (status !== 429) continue;
    expect(headers.get("ratelimit")).toBe(`"${policy}";r=0;t=${headers.get("retry-after")}`);
    expect(headers.get("retry-after")).toMatch(/^([1-9]|[1-5]\d|60)$/);
  }
});

test("a refusal leads, to the second, to the moment when the first place is free again", () => {
  for (const { space, policy, headers, ...refused } of answers.filter((answer) => answer.status === 429)) {
    const owner = calm().find((each) => each.id === space);
    if (owner === undefined) continue;
    const passes = passesOf(owner, policy);
    const waitMs = Number(headers.get("retry-after")) * 1000;
    expect(refused.receivedAt + waitMs).toBeGreaterThanOrEqual(
      Math.min(...passes.map((each) => each.sentAt)) + WINDOW_MS,
    );
    expect(refused.sentAt + waitMs).toBeLessThan(Math.min(...passes.map((each) => each.receivedAt)) + WINDOW_MS + 1000);
  }
});

test("a kill of the service in the same minute resets no space's count", async () => {
  await stack.kill();
  await stack.start();
  const all = [...answers, ...(await fire(2))];
  for (const space of spaces)
    for (const policy of ["create", "poll"] as const)
      expect(mostInOneWindow(passesOf(space, policy, all))).toBeLessThanOrEqual(POLICIES[policy].limit);
});
