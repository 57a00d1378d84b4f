/** How a command of a history is made: its arguments are random, its work is a function of them. */

import type * as fc from "fast-check";
import type { Answer, Stage } from "./stage.ts";
import type { World } from "./world.ts";

export type Command = fc.AsyncCommand<World, Stage>;

/** A difference between the service and the model. */
export class Differs extends Error {}

/**
 * @param args what the command is told; entities by numbers, which `nth` turns into those that there are.
 * @param play calls the service, compares, and changes the model as the contract says.
 * @param can whether the model's state allows it.
 */
export function command<Args>(
  name: string,
  args: fc.Arbitrary<Args>,
  play: (args: Args, world: World, stage: Stage) => Promise<void>,
  can: (world: Readonly<World>) => boolean = () => true,
): fc.Arbitrary<Command> {
  return args.map((given) => ({
    check: (world) => can(world),
    run: (world, stage) => play(given, world, stage),
    toString: () => `${name} ${JSON.stringify(given)}`,
  }));
}

/** The nth of the items, counted round and round. */
export function nth<Item>(items: readonly Item[], n: number): Item {
  const item = items[n % items.length];
  if (item === undefined) throw new Error("there is nothing to choose from");
  return item;
}

/** @throws when the answer has another status. */
export function expectStatus(answer: Answer, status: number): void {
  if (answer.status !== status)
    throw new Differs(
      `the answer is ${answer.status} and should be ${status}: ${JSON.stringify(answer.body).slice(0, 600)}`,
    );
}

/** @throws when two values differ as JSON, keys in any order. */
export function expectSame(what: string, found: unknown, wanted: unknown): void {
  const [left, right] = [canonical(found), canonical(wanted)];
  if (left !== right) throw new Differs(`${what}:\n  found  ${left}\n  wanted ${right}`);
}

/** JSON with sorted keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
