/** A list of steps: each looks, and acts where something is missing. */

import { expect, it } from "vitest";
import type { Operator } from "../../scripts/deploy/operator.ts";
import { runSteps, type Step } from "../../scripts/deploy/steps.ts";

function listener(): Operator & { lines: string[] } {
  const lines: string[] = [];
  const silence = () => Promise.reject(new Error("there is no answer"));
  return { lines, say: (line) => lines.push(line), answers: false, ask: silence, askSecret: silence };
}

/** A thing that a step makes. */
function thing(name: string, made: Set<string>): Step {
  return {
    name,
    look: async () =>
      made.has(name) ? { found: "found" } : { due: "make it", act: async () => (made.add(name), "made") },
  };
}

it("the first run makes what is missing, and the second has nothing to do", async () => {
  const made = new Set(["a"]);
  const steps = [thing("a", made), thing("b", made)];
  const first = listener();
  expect(await runSteps(steps, false, first)).toBe(1);
  expect(first.lines).toEqual([expect.stringMatching(/^a +found$/), expect.stringMatching(/^b +made$/)]);
  expect(await runSteps(steps, false, listener())).toBe(0);
});

it("a plan says what would be done, and does not do it", async () => {
  const made = new Set<string>();
  const plan = listener();
  expect(await runSteps([thing("a", made)], true, plan)).toBe(1);
  expect(plan.lines).toEqual([expect.stringMatching(/^a +would: make it$/)]);
  expect(made.size).toBe(0);
});

it("a step looks after the steps before it have acted", async () => {
  const made = new Set<string>();
  const needs: Step = { name: "b", look: async () => ({ found: made.has("a") ? "sees a" : "sees nothing" }) };
  const seen = listener();
  await runSteps([thing("a", made), needs], false, seen);
  expect(seen.lines[1]).toMatch(/sees a$/);
});

it("a step that fails is named, and none follows it", async () => {
  const made = new Set<string>();
  const broken: Step = { name: "bucket", look: () => Promise.reject(new Error("R2 is off")) };
  await expect(runSteps([broken, thing("a", made)], false, listener())).rejects.toThrow("bucket: R2 is off");
  expect(made.size).toBe(0);
});
