/** The faults of a run and the order of its effects: no fault, one fault at one effect, or both at random. */

import { between, dice, pick } from "../random.ts";
import { type Effect, type Fault, faultsOf } from "./effects.ts";

export interface Plan {
  /** Named in the error when a check of the run fails. */
  title: string;
  /** The seed of everything that is left to chance. */
  seed: number;
  /** Consumers at work at once. */
  width: number;
  /** The time that each effect takes. */
  tickMs: number;
  cronMs: number;
  /** How often, in [0, 1): a message is delivered to two consumers; a message is delivered after later ones. */
  doubled: number;
  shuffled: number;
  /** The effect before which a client cancels, or null. */
  cancelAt: number | null;
  /** May the export fail? Only of a fault that lasts; then the fault ends, and a client retries the export. */
  mayFail: boolean;
  /** A run with more effects than this counts as endless. */
  maxEffects: number;
  faultAt(effect: Effect): Fault | null;
}

const MAX_EFFECTS = 5_000;

/** Time passes with each effect as it would in a slow runtime: leases are renewed, and none runs out. */
const CALM = {
  seed: 1,
  width: 1,
  tickMs: 1_000,
  cronMs: 60_000,
  doubled: 0,
  shuffled: 0,
  cancelAt: null,
  mayFail: false,
  maxEffects: MAX_EFFECTS,
};

export const undisturbed = (): Plan => ({ ...CALM, title: "undisturbed", faultAt: () => null });

/** One fault at one effect, named as the undisturbed run names it. */
export function oneFault(name: string, fault: Fault): Plan {
  return { ...CALM, title: `${fault}: ${name}`, faultAt: (effect) => (effect.name === name ? fault : null) };
}

/** From this effect on, until the export has failed, the bucket answers this way to everything. */
export function bucketDown(fault: Fault, from: number): Plan {
  return {
    ...CALM,
    title: `${fault} for ever, from effect ${from}`,
    mayFail: true,
    faultAt: (effect) => (effect.nature === "bucket" && effect.index >= from ? fault : null),
  };
}

const FOR_EVER: readonly Fault[] = ["500", "503 SlowDown", "403 AccessDenied", "no answer before", "fails before"];

/** @param effects how many an undisturbed run has. */
export function random(seed: number, effects: number): Plan {
  const roll = dice(seed);
  const chance = (of: number) => roll() < of;
  const most = Math.floor(effects * 1.3);
  const faults = new Map<number, number>();
  for (let left = between(roll, 1, 6); left > 0; left -= 1) faults.set(between(roll, 0, most), roll());
  const down = chance(0.1) ? { from: between(roll, 0, effects), fault: pick(roll, FOR_EVER) } : null;
  return {
    title: `seed ${seed}`,
    seed,
    width: between(roll, 1, 4),
    tickMs: pick(roll, [1, 5, 40, 400]),
    cronMs: pick(roll, [5_000, 20_000, 60_000]),
    doubled: pick(roll, [0, 0.1, 0.4]),
    shuffled: pick(roll, [0, 0.2, 0.6]),
    cancelAt: chance(0.15) ? between(roll, 0, effects) : null,
    mayFail: down !== null,
    maxEffects: MAX_EFFECTS,
    faultAt(effect) {
      const rolled = faults.get(effect.index);
      if (rolled !== undefined) {
        const possible = faultsOf(effect);
        return possible[Math.floor(rolled * possible.length)] ?? null;
      }
      return down !== null && effect.nature === "bucket" && effect.index >= down.from ? down.fault : null;
    },
  };
}
