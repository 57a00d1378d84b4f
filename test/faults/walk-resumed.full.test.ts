/**
 * Faults at each effect of a file that several invocations assemble, and whose segments several delete: each writes
 * down where it is and sends itself on. The export completes with the bytes of one object, sends its event once, and
 * leaves no orphans; also under random schedules of faults, repeated and late messages.
 */

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "../support/faults/effects.ts";
import { report } from "../support/faults/figures.ts";
import { openRig, type Rig } from "../support/faults/rig.ts";
import { playSchedules } from "../support/faults/schedules.ts";
import { walk } from "../support/faults/walk.ts";
import { seedGroups } from "../support/seeds.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await openRig("resumed");
});

afterEach(report);

/** How often an undisturbed run sends the message of a step. */
const sent = (message: string) =>
  rig.effects.filter(({ label, detail }) => label === "send" && detail === message).length;

/** Faults of consumers and messages. Those of the bucket's answers are walked where one invocation assembles a file. */
const FAULTS: readonly Fault[] = [
  "fails after",
  "cut before",
  "cut after",
  "cut after, forgotten",
  "stalled after",
  "long stalled before",
  "twice",
];

/** Schedules per test, so that a test lasts seconds. */
const EACH = 13;
const SUITE = { first: 12_000, few: EACH, full: EACH, all: 10 * EACH };

describe("an export whose file several invocations assemble completes", () => {
  it("is assembled and finished by at least three each", () => {
    expect([sent("assemble 0") >= 3, sent("finish 0") >= 3]).toEqual([true, true]);
    expect(rig.expected.files).toHaveLength(1);
  });

  it.each(FAULTS.flatMap((fault) => [["assemble", fault] as const, ["finish", fault] as const]))(
    "with one fault at any effect of %s: %s",
    async (step, fault) => walk(rig, fault, step),
    300_000,
  );

  it.each(seedGroups(SUITE, EACH).map((group) => [group.length, group[0], group] as const))(
    "under random schedules: the %i from seed %i on",
    async (_count, _first, group) => playSchedules(rig, group),
    300_000,
  );
});
