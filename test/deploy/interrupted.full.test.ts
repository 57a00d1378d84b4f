/**
 * Runs that end early: each step fails once, or the command is killed after it, and the next run goes on. The account
 * ends as after one run without trouble.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

let undisturbed: ReturnType<OperatorsDesk["snapshot"]>;

beforeAll(async () => {
  const desk = await OperatorsDesk.open();
  const { code, output } = await desk.deploy(ARGS, { environment });
  expect(code, output).toBe(0);
  undisturbed = desk.snapshot();
  await desk.close();
});

describe("a run whose step fails says which, and the next run goes on from there", () => {
  let desk: OperatorsDesk;
  beforeAll(async () => void (desk = await OperatorsDesk.open()));
  afterAll(() => desk.close());

  test.each(STEPS)("$step", async ({ match }) => {
    desk.cloudflare.failNext(match);
    const { code, output } = await desk.deploy(ARGS, { environment });
    expect(output).toContain("Not deployed.");
    expect(output).not.toMatch(/^\s+at /m);
    expect(code).toBe(1);
  });

  test("the last run ends as one run without trouble", async () => {
    const { code, output } = await desk.deploy(ARGS, { environment });
    expect(code, output).toBe(0);
    expect(desk.snapshot()).toEqual(undisturbed);
    expect(desk.cloudflare.unknown).toEqual([]);
  });
});

describe("a command that is killed after a step is run again", () => {
  let desk: OperatorsDesk;
  beforeAll(async () => void (desk = await OperatorsDesk.open()));
  afterAll(() => desk.close());

  test.each(STEPS)("$step", async ({ match }) => {
    const { code } = await desk.deploy(ARGS, { environment, killAfter: match });
    expect(code).toBeNull();
  });

  test("the last run ends as one run without trouble", async () => {
    const { code, output } = await desk.deploy(ARGS, { environment });
    expect(code, output).toBe(0);
    expect(desk.snapshot()).toEqual(undisturbed);
    expect(desk.cloudflare.unknown).toEqual([]);
  });
});
