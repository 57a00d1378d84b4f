/**
 * A deployment is a list of steps. Each looks first, and acts only where something is missing: a run that was killed
 * anywhere is finished by the next one. `--plan` looks and does not act.
 */

import type { Operator } from "./operator.ts";

/** What a step saw: all is there, or what is due and how it is done. */
export type Look = { found: string } | { due: string; act: () => Promise<string> };

export interface Step {
  name: string;
  look(): Promise<Look>;
}

const NAME_WIDTH = 40;

/** A step failed: the message says which one, and why. */
export class StepError extends Error {
  override readonly name = "StepError";

  constructor(step: string, thrown: unknown) {
    super(`${step}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
  }
}

/**
 * Runs the steps in order, with a line for each.
 * @param plan only look.
 * @returns how many steps acted, or would.
 * @throws StepError at the first step that fails.
 */
export async function runSteps(steps: readonly Step[], plan: boolean, operator: Operator): Promise<number> {
  let due = 0;
  for (const step of steps) {
    const { name } = step;
    try {
      const seen = await step.look();
      if ("found" in seen) {
        operator.say(line(name, seen.found));
        continue;
      }
      due += 1;
      operator.say(line(name, plan ? `would: ${seen.due}` : await seen.act()));
    } catch (thrown) {
      throw new StepError(name, thrown);
    }
  }
  return due;
}

function line(name: string, said: string): string {
  return `${name.padEnd(NAME_WIDTH)}  ${said}`;
}
