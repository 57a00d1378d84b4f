/**
 * Runs that end early. Each step fails once, in the next run the command is killed after it, and the run after that
 * goes on. The account ends as after one run without trouble.
 */

import { afterAll, beforeAll, expect, test } from "vitest";
import type { Match } from "../support/cloudflare/server.ts";
import { OperatorsDesk } from "./command.ts";

const ADMIN_TOKEN = "the-operators-token-of-production-0123456789";
const ARGS = ["--workers-dev"];
const environment = { ADMIN_TOKEN };

/** A call of each kind of step that changes something, in the order of the steps. */
const STEPS = [
  { step: "the second database", match: { call: /^POST \/d1\/database$/, body: /spillway-space/ } },
  { step: "a queue", match: { call: /^POST \/queues$/, body: /verify/ } },
  { step: "the bucket", match: { call: /^POST \/r2\/buckets$/ } },
  { step: "the bucket's lifecycle rule", match: { call: /^PUT \/r2\/buckets\/[^/]+\/lifecycle$/ } },
  { step: "a migration", match: { call: /^POST \/d1\/database\/[^/]+\/query$/, body: /CREATE TABLE exports/ } },
  { step: "the code", match: { call: /^PUT \/workers\/scripts\/spillway$/ } },
  { step: "the consumer of a queue", match: { call: /^POST \/queues\/[^/]+\/consumers$/, body: /spillway-dead/ } },
] satisfies { step: string; match: Match }[];

let undisturbed: OperatorsDesk;
let desk: OperatorsDesk;

beforeAll(async () => {
  undisturbed = await OperatorsDesk.open();
  desk = await OperatorsDesk.open();
});
afterAll(async () => {
  await undisturbed.close();
  await desk.close();
});

test.each(STEPS)("$step", async ({ match }) => {
  desk.cloudflare.failNext(match);
  const failed = await desk.deploy(ARGS, { environment });
  expect(failed.output).toContain("Not deployed.");
  expect(failed.output).not.toMatch(/^\s+at /m);
  expect(failed.code).toBe(1);

  const killed = await desk.deploy(ARGS, { environment, killAfter: match });
  expect(killed.code, killed.output).toBeNull();
});

test("the last run ends as one run without trouble", async () => {
  const runs = await Promise.all([desk, undisturbed].map((each) => each.deploy(ARGS, { environment })));
  expect(runs.map(({ code }) => code)).toEqual([0, 0]);
  expect(desk.snapshot()).toEqual(undisturbed.snapshot());
  expect(desk.cloudflare.unknown).toEqual([]);
});
