/**
 * What all runs of a test file share: one space with its events, taken in once, the request, and what an undisturbed run of
 * it gives. Each run finds the databases as the first did.
 */

import { vi } from "vitest";
import type { Config } from "../../../src/config.ts";
import { externalIds } from "../../../src/datasets/external-ids.ts";
import { findSpace, type SpaceRow } from "../../../src/db/spaces.ts";
import type { Sizes } from "../../../src/export/hall.ts";
import { AnyExportRequest, type ExportRequest, filledIn } from "../../../src/export/request.ts";
import { roomyService } from "../pipeline.ts";
import { dice, noise } from "../random.ts";
import { type Service, type Space, START } from "../service.ts";
import type { Facts } from "./delivered.ts";
import { Play, type Tamper } from "./play.ts";
import { type Plan, undisturbed } from "./plans.ts";
import { verify } from "./verify.ts";
import { forgetRuns, setUpWitness } from "./witness.ts";

export type Layout = "single" | "files";

/** Small chunks, many parts: the first two chunks outgrow a part, the last does not. */
export const SMALL: Sizes = { chunkRows: 40, partBytes: 2_048, fileBytes: 100_000_000 };
const EVENTS = 90;
const FROM = START - 3_000_000;

export interface Rig {
  service: Service;
  owner: Space;
  space: SpaceRow;
  config: Config;
  sizes: Sizes;
  request: ExportRequest;
  startsAt: number;
  /** Ids of the events, in order. */
  ids: string[];
  /** What an undisturbed run gives. */
  expected: Facts;
  /** Effects of the undisturbed run. */
  effects: Play["stage"]["trace"];
}

export interface Outcome {
  play: Play;
  facts: Facts;
}

/** Events whose lines hardly compress; three share a millisecond, across the edges of chunks too. */
function events(count: number): { id: string; [property: string]: unknown }[] {
  const roll = dice(4);
  return Array.from({ length: count }, (_, n) => ({
    id: `e-${String(n).padStart(4, "0")}`,
    definition_id: "order_placed",
    person_id: "p-1",
    occurred_at: new Date(FROM + Math.floor(n / 3)).toISOString(),
    properties: { order_id: noise(roll, 60), amount: n / 4 },
  }));
}

export async function openRig(layout: Layout, sizes: Sizes = SMALL): Promise<Rig> {
  // The steps' own log lines would be a hundred thousand.
  vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
  // A call that is not answered is a fault of the plan's. The runtime's own timers would be too many.
  vi.spyOn(AbortSignal, "timeout").mockImplementation(() => new AbortController().signal);
  const service = roomyService({ PENDING_LIMIT: "10000" });
  const owner = await service.shop();
  const all = events(EVENTS);
  await service.send(owner, all);
  await setUpWitness();
  const space = await findSpace(service.hall.databases.control, owner.id);
  if (space === null) throw new Error("the space is gone");
  const sent = AnyExportRequest.parse({
    dataset: "activity_events",
    start: new Date(FROM).toISOString(),
    end: new Date(FROM + 60_000).toISOString(),
    layout,
    ...(layout === "files" ? { file_rows: sizes.chunkRows } : {}),
    callback_url: "https://hooks.test/x",
  });
  const request: ExportRequest = filledIn(sent);
  const none: Facts = { status: "", files: [], segments: {}, ids: [] };
  const rig: Rig = {
    service,
    owner,
    space,
    config: service.config,
    sizes,
    request,
    startsAt: START,
    ids: all.map((event) => event.id),
    expected: none,
    effects: [],
  };
  const play = await perform(rig, undisturbed());
  rig.effects = [...play.stage.trace];
  rig.expected = await verify(rig, play, { first: true });
  return rig;
}

/** Plays a plan and checks all that must hold afterwards. @throws with the plan, what was done to the run, and its end. */
export async function runPlan(rig: Rig, plan: Plan, tamper?: Tamper): Promise<Outcome> {
  let play: Play | null = null;
  try {
    play = await perform(rig, plan, tamper, (made) => (play = made));
    return { play, facts: await verify(rig, play, { first: false }) };
  } catch (thrown) {
    const faults = play?.faults.map(({ fault, name, by }) => `${fault}: ${name} (${by})`).join("; ") ?? "";
    const last = play?.stage.trace.slice(-12).map(({ name, by, detail }) => `  ${by}: ${name} ${detail}`) ?? [];
    throw new Error(`${plan.title} [${faults}]: ${messageOf(thrown)}\nits last effects:\n${last.join("\n")}`, {
      cause: thrown,
    });
  }
}

async function perform(rig: Rig, plan: Plan, tamper?: Tamper, made: (play: Play) => void = () => {}): Promise<Play> {
  await forgetRuns();
  // The look-up of external ids remembers the last snapshot: each run begins without.
  await externalIds.look(rig.service.hall.databases.space(rig.owner.id), "nobody", 0, []);
  const play = new Play(rig, plan, tamper);
  made(play);
  await play.run();
  return play;
}

const messageOf = (thrown: unknown) => (thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
