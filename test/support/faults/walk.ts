/** The walk: every effect of an undisturbed run, with one fault at it, each in a run of its own. */

import { expect } from "vitest";
import { type Fault, FAULTS, faultsOf } from "./effects.ts";
import { count, figures } from "./figures.ts";
import { oneFault, type Plan } from "./plans.ts";
import { type Rig, runPlan } from "./rig.ts";
import { everyNth } from "../seeds.ts";

const MAX_SHOWN = 4;
/** `npm test` and the full run put a fault at one effect in so many; `npm run faults` at each. */
const SAMPLED = 60;
const SAMPLED_IN_FULL = 6;

/**
 * Puts this fault at each effect that allows it.
 * @param by of whom: what others do is walked elsewhere.
 * @throws with every run that did not end as it must.
 */
export async function walk(rig: Rig, fault: Fault, by = ""): Promise<void> {
  const all = rig.effects.filter((effect) => effect.by.startsWith(by) && faultsOf(effect).includes(fault));
  // Each fault samples other effects, so that together they meet all of them.
  const effects = everyNth(
    all,
    Math.min(SAMPLED, all.length),
    FAULTS.indexOf(fault),
    Math.min(SAMPLED_IN_FULL, all.length),
  );
  expect(effects.length).toBeGreaterThan(0);
  figures.points += effects.length;
  const plans = effects.map(({ name, detail }) => ({ ...oneFault(name, fault), title: `${fault}: ${name} ${detail}` }));
  await runAll(rig, plans);
}

/** Runs each. @throws with every one that did not end as it must, so that one fault of the product hides no other. */
export async function runAll(rig: Rig, plans: Iterable<Plan>): Promise<void> {
  const wrong: string[] = [];
  for (const plan of plans) {
    try {
      const { play, facts } = await runPlan(rig, plan);
      count(play, facts.status);
    } catch (thrown) {
      wrong.push(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }
  if (wrong.length > 0)
    throw new Error(`${wrong.length} runs did not end as they must:\n${wrong.slice(0, MAX_SHOWN).join("\n\n")}`);
}
