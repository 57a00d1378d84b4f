/**
 * What all runs of a test file share: one space with its events, sent once, the request, and the results of an
 * undisturbed run of it. Each run finds the databases as the first did.
 */

import { vi } from "vitest";
import type { Config } from "../../../src/config.ts";
import { propertyFiller } from "../../../src/datasets/event-properties.ts";
import { externalIds } from "../../../src/datasets/external-ids.ts";
import { findSpace, type SpaceRow } from "../../../src/db/tenants/spaces.ts";
import type { Sizes } from "../../../src/context.ts";
import { AnyExportRequest, type ExportRequest, withDefaults } from "../../../src/export/api/request.ts";
import { resetFigures } from "./figures.ts";
import { roomyService } from "../pipeline.ts";
import { type Service, type Space, START } from "../service.ts";
import type { Facts } from "./delivered.ts";
import { openScene, type Kind } from "./scenes.ts";
import { Play, type Tamper } from "./play.ts";
import { type Plan, undisturbed } from "./plans.ts";
import { verify } from "./verify.ts";
import { forgetRuns, setUpWitness } from "./witness.ts";

export interface Rig {
  service: Service;
  owner: Space;
  space: SpaceRow;
  config: Config;
  sizes: Sizes;
  /** See Scene. */
  checkpointAfter: number;
  maxKeys: number;
  request: ExportRequest;
  startsAt: number;
  /** What a line is known by. */
  idOf: (line: Record<string, unknown>) => string;
  /** Of the lines, in order. */
  ids: string[];
  /** How many records they are of. */
  records: number;
  /** The results of an undisturbed run. */
  expected: Facts;
  /** Effects of the undisturbed run. */
  effects: Play["stage"]["trace"];
}

export interface Outcome {
  play: Play;
  facts: Facts;
}

/** @param more parameters of the request. */
export async function openRig(kind: Kind, more: Record<string, unknown> = {}): Promise<Rig> {
  // The steps' own log lines would be a hundred thousand.
  vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
  // A call that is not answered is a fault of the plan's. The runtime's own timers would be too many.
  vi.spyOn(AbortSignal, "timeout").mockImplementation(() => new AbortController().signal);
  resetFigures();
  const service = roomyService({ PENDING_LIMIT: "10000" });
  const owner = await service.shop();
  const scene = await openScene(service, owner, kind);
  await setUpWitness();
  const space = await findSpace(service.context.databases.control, owner.id);
  if (space === null) throw new Error("the space is missing");
  const sent = AnyExportRequest.parse({ ...scene.request, ...more, callback_url: "https://hooks.test/x" });
  const request: ExportRequest = withDefaults(sent);
  const none: Facts = { status: "", files: [], segments: {}, ids: [] };
  const rig: Rig = {
    service,
    owner,
    space,
    config: service.config,
    sizes: scene.sizes,
    checkpointAfter: scene.checkpointAfter,
    maxKeys: scene.maxKeys,
    request,
    startsAt: START,
    idOf: scene.idOf,
    ids: scene.ids,
    records: scene.records,
    expected: none,
    effects: [],
  };
  const play = await perform(rig, undisturbed());
  rig.effects = [...play.stage.trace];
  rig.expected = await verify(rig, play, { first: true });
  return rig;
}

/** Plays a plan and runs all checks afterwards. @throws with the plan, what was done to the run, and its end. */
export async function runPlan(rig: Rig, plan: Plan, tamper?: Tamper): Promise<Outcome> {
  let play: Play | null = null;
  try {
    play = await perform(rig, plan, tamper, (onCreated) => (play = onCreated));
    return { play, facts: await verify(rig, play, { first: false }) };
  } catch (thrown) {
    const faults = play?.faults.map(({ fault, name, by }) => `${fault}: ${name} (${by})`).join("; ") ?? "";
    const last = play?.stage.trace.slice(-12).map(({ name, by, detail }) => `  ${by}: ${name} ${detail}`) ?? [];
    throw new Error(`${plan.title} [${faults}]: ${messageOf(thrown)}\nits last effects:\n${last.join("\n")}`, {
      cause: thrown,
    });
  }
}

async function perform(
  rig: Rig,
  plan: Plan,
  tamper?: Tamper,
  onCreated: (play: Play) => void = () => {},
): Promise<Play> {
  await forgetRuns();
  // Look-ups remember the last snapshot. Each run begins without: all have the same effects under the same names.
  const nothing = { db: rig.service.context.databases.space(rig.owner.id), spaceId: "no-space", seq: 0 };
  await externalIds.look(nothing, []);
  await propertyFiller(nothing, []);
  const play = new Play(rig, plan, tamper);
  onCreated(play);
  await play.run();
  return play;
}

const messageOf = (thrown: unknown) => (thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
