/**
 * Plays histories: a seed makes a list of calls, and they are played on the service and on the model. A history that
 * fails is shrunk, and the shortest one that still fails is printed, with what plays it again.
 */

import * as fc from "fast-check";
import { beforeAll, describe, expect, inject, it, vi } from "vitest";
import { type Suite, seeds } from "../support/seeds.ts";
import { type Command, Differs } from "./command.ts";
import { endHistory } from "./ending.ts";
import { beginHistory } from "./beginning.ts";
import { expectNeighbourAsItWas, forgetNeighbour } from "./neighbour.ts";
import { Stage } from "./stage.ts";
import { MINUTE_MS, World } from "./world.ts";

declare module "vitest" {
  interface ProvidedContext {
    history: string;
  }
}

/** A history ends after so many commands; those whose precondition does not hold are left out. */
const MAX_COMMANDS = 24;
/** How long a failed history is shrunk. */
const SHRINK_MS = 3 * MINUTE_MS;

/** Just before the clocks of Europe change, and on a bound of every schedule. */
const BEGIN = Date.parse("2026-03-28T12:00:00.000Z");

export interface Beginning {
  timezone: string;
  retention_days: number;
  /** Records of a chunk: few, so that a few events make several. */
  chunkRows: number;
}

const beginnings: fc.Arbitrary<Beginning> = fc.record({
  timezone: fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati"),
  retention_days: fc.constantFrom(180, 180, 3),
  chunkRows: fc.constantFrom(3, 50_000),
});

/** Each kind of command, with how often it comes. */
export type Commands = readonly { weight: number; arbitrary: fc.Arbitrary<Command> }[];

/** A test for each seed of this run. @param withSections see `beginHistory`. */
export function playHistories(suite: Suite, commands: Commands, withSections = false): void {
  beforeAll(() => {
    forgetNeighbour();
    vi.spyOn(console, "log").mockImplementation(() => {});
    vi.spyOn(console, "error").mockImplementation(() => {});
  });
  const again = replayed();
  describe("a random history of calls gives what the contract says", () => {
    it.each(again === null ? seeds(suite) : [again.seed])(
      "seed %i",
      (seed) => playSeed(seed, commands, again, withSections),
      2 * SHRINK_MS,
    );
  });
}

/** A shrunk history to play again: `HISTORY=<seed>/<path>/<commands>`. */
interface Replay {
  seed: number;
  path: string;
  replayPath: string;
}

function replayed(): Replay | null {
  const [seed = "", path = "", replayPath = ""] = inject("history").split("/");
  return seed === "" ? null : { seed: Number(seed), path, replayPath };
}

async function playSeed(seed: number, commands: Commands, again: Replay | null, withSections: boolean): Promise<void> {
  const replayPath = again === null ? {} : { replayPath: again.replayPath };
  const lists = fc.commands([fc.oneof(...commands)], { maxCommands: MAX_COMMANDS, size: "max", ...replayPath });
  let told: string[] = [];
  const property = fc.asyncProperty(fc.noBias(beginnings), fc.noBias(lists), async (beginning, calls) => {
    const trace: string[] = [];
    try {
      await play({ ...beginning, withSections }, calls, trace);
    } catch (thrown) {
      told = trace;
      throw thrown;
    }
  });
  const path = again === null || again.path === "" ? {} : { path: again.path };
  const outcome = await fc.check(property, { seed, numRuns: 1, interruptAfterTimeLimit: SHRINK_MS, ...path });
  if (!outcome.failed) return;
  const { counterexample, counterexamplePath, errorInstance } = outcome;
  if (counterexample === null) throw new Error(`the history did not end within ${SHRINK_MS / MINUTE_MS} minutes`);
  const found = /replayPath="([^"]*)"/.exec(fc.stringify(counterexample[1]))?.[1] ?? "";
  const reason = errorInstance instanceof Differs ? errorInstance.message : String((errorInstance as Error).stack);
  expect.fail(
    [
      `after ${told.length} lines of history (${outcome.numShrinks} times shrunk):`,
      JSON.stringify(counterexample[0]),
      ...told,
      reason,
      `play it again: HISTORY=${seed}/${counterexamplePath ?? ""}/${found} npm test -- <this file>`,
    ].join("\n"),
  );
}

/** @param trace where the calls are written down. */
async function play(
  beginning: Beginning & { withSections: boolean },
  calls: Iterable<Command>,
  trace: string[],
): Promise<void> {
  const { timezone, retention_days } = beginning;
  const stage = await Stage.open(BEGIN, { timezone, retention_days }, beginning.chunkRows, trace);
  const world = new World(BEGIN, timezone, retention_days);
  await beginHistory(world, stage, beginning.withSections);
  await fc.asyncModelRun(() => ({ model: world, real: stage }), calls);
  await endHistory(world, stage);
  await expectNeighbourAsItWas(stage.service);
}
