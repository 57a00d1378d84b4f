/** Creates an export on the service and, when it is accepted, on the model. */

import { expectStatus } from "./command.ts";
import { PENDING_LIMIT, type Stage } from "./stage.ts";
import { DAY_MS, type ExportRecord, type World } from "./world.ts";

export interface Asked {
  dataset: string;
  /** As sent, without undefined members. */
  request: Record<string, unknown>;
  /** The start of its window, epoch ms; null where it has none. */
  from: number | null;
  since: ExportRecord | null;
}

/** @returns the export; null when the contract has it refused. */
export async function ask(
  world: World,
  stage: Stage,
  { dataset, request, from, since }: Asked,
): Promise<ExportRecord | null> {
  const sent = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
  const body = { dataset, ...sent, ...(since === null ? {} : { since: since.id }) };
  const answer = await stage.call("POST", "/v1/exports", body);
  if (from !== null && from < world.now - world.retentionDays * DAY_MS) {
    expectStatus(answer, 422);
    return null;
  }
  if (world.pending().length >= PENDING_LIMIT) {
    expectStatus(answer, 429);
    return null;
  }
  expectStatus(answer, 202);
  const record: ExportRecord = {
    id: String(answer.body["id"]),
    dataset,
    request: sent,
    snapshot: world.data,
    at: world.now,
    zone: world.zone,
    retentionDays: world.retentionDays,
    status: "pending",
    completedAt: null,
    failedAt: null,
    doubtBefore: world.goneBefore,
    since,
    schedule: null,
    withLate: false,
    rowsSeen: 0,
  };
  world.exports.push(record);
  return record;
}

/** The newest exports that an increment may continue. */
export function earlier(world: World, dataset: string): ExportRecord[] {
  return world.exports.filter(
    (each) => each.dataset === dataset && each.status === "completed" && each.schedule === null,
  );
}
