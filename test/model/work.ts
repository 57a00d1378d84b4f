/** Works on the queue as consumers do, and looks at the exports meanwhile. */

import { Differs, expectSame } from "./command.ts";
import { compareDelivered, type ExportView } from "./delivered.ts";
import { noteDelivered } from "./schedule-runs.ts";
import type { Stage } from "./stage.ts";
import type { ExportRecord, World } from "./world.ts";

/** Works until nothing waits, or until so many messages were delivered. */
export async function workAll(world: World, stage: Stage, most = Infinity): Promise<void> {
  for (let n = 0; n < most; n += 1) {
    const wasDown = stage.outage !== null;
    const worked = await stage.work();
    if (worked === null) break;
    const { export_id: id, step } = worked;
    // What a poll shows is interesting where a step may have failed, and when nothing is left to do for the export: a
    // message that was sent twice may wait behind its last step.
    const waits = step !== "finish" && stage.service.queue.some((message) => message.export_id === id);
    const record = world.exportById(id);
    if (record !== undefined && record.status === "pending" && (wasDown || !waits)) await look(world, stage, record);
  }
}

/** Polls an export, and compares what it shows with the model. */
export async function look(world: World, stage: Stage, record: ExportRecord): Promise<ExportView> {
  const answer = await stage.call("GET", `/v1/exports/${record.id}`);
  expectSame("status of the poll", answer.status, 200);
  const view = answer.body as unknown as ExportView;
  const { rows_written: rows } = view.progress;
  if (rows < record.rowsSeen) throw new Differs(`rows_written fell from ${record.rowsSeen} to ${rows}`);
  record.rowsSeen = rows;
  const shown = view.status === "queued" || view.status === "processing" ? "pending" : view.status;
  if (record.status !== "pending") expectSame(`status of ${record.id}`, shown, record.status);
  else if (shown === "completed") {
    record.status = "completed";
    record.completedAt = Date.parse(view.completed_at ?? "");
    noteDelivered(world, record, await stage.calmly(() => compareDelivered(stage, world, record, view)));
  } else if (shown === "failed") {
    if (!stage.failed) throw new Differs(`the export failed though nothing was wrong: ${JSON.stringify(view.error)}`);
    record.status = "failed";
    record.failedAt = world.now;
  } else if (shown !== "pending") throw new Differs(`the export became ${shown}`);
  return view;
}
