/**
 * Every transition in SQL is one that the table of transitions allows, from every status, and changes nothing else.
 */

import { describe, expect, it } from "vitest";
import { findExport } from "../../../src/db/exports/exports.ts";
import {
  cancelExport,
  completeExport,
  expireExport,
  failExport,
  retryExport,
  startExport,
} from "../../../src/db/exports/transitions.ts";
import { recordRetry } from "../../../src/db/exports/progress.ts";
import type { ExportStatus } from "../../../src/db/exports/status.ts";
import { TRANSITIONS } from "../../../src/export/pipeline/state.ts";
import { roomyService } from "../../support/pipeline.ts";
import { START } from "../../support/service.ts";

const STATUSES = Object.keys(TRANSITIONS) as ExportStatus[];
const PHASE: Record<ExportStatus, string> = {
  queued: "planning",
  processing: "planning",
  completed: "done",
  failed: "writing",
  canceled: "writing",
  expired: "done",
};

const DAY = "2026-03-01";

type Db = ReturnType<typeof roomyService>["context"]["databases"]["control"];

const STATEMENTS: Record<string, { to: ExportStatus; make: (db: Db, space: string, id: string) => Promise<unknown> }> =
  {
    start: { to: "processing", make: (db, space, id) => startExport(db, { space_id: space, id }, START, START) },
    complete: {
      to: "completed",
      make: (db, space, id) =>
        completeExport(
          db,
          { space_id: space, id },
          {
            completedAt: START,
            expiresAt: START,
            cleanupAt: START,
            message: null,
            manifest: { bytes: 0, sha256: "" },
            rows: 0,
            bytes: 0,
            durationMs: 0,
            day: DAY,
            plan: 0,
          },
        ),
    },
    fail: {
      to: "failed",
      make: (db, space, id) =>
        failExport(
          db,
          { space_id: space, id },
          { code: "internal", owner: "service" },
          { now: START, day: DAY, generation: 0, keptUntil: START, cleanupAt: START },
        ),
    },
    cancel: { to: "canceled", make: (db, space, id) => cancelExport(db, { space_id: space, id }, START, DAY) },
    expire: { to: "expired", make: (db, space, id) => expireExport(db, { space_id: space, id }, START + 1) },
    retry: {
      to: "queued",
      make: (db, space, id) =>
        retryExport(db, { space_id: space, id }, { now: START - 1, wakeAt: START, pendingLimit: 10, requestId: "" }),
    },
    "try again later": {
      to: "processing",
      make: (db, space, id) =>
        recordRetry(
          db,
          { space_id: space, id },
          { code: "internal", owner: "service" },
          { step: "chunk", n: 0, attempt: 1, generation: 0, now: START, nextRetryAt: START, resendAfterMs: 0 },
        ),
    },
  };

/** @returns the status after the transition of an export that was in that status. */
async function after(from: ExportStatus, transition: string, phase = PHASE[from]): Promise<ExportStatus | undefined> {
  const service = roomyService();
  const space = await service.shop();
  const id = await service.ask(space);
  const { control } = service.context.databases;
  await control.run("UPDATE exports SET status = ?3, phase = ?4, expires_at = ?5 WHERE space_id = ?1 AND id = ?2", [
    space.id,
    id,
    from,
    phase,
    START,
  ]);
  await STATEMENTS[transition]?.make(control, space.id, id);
  return (await findExport(control, space.id, id))?.status;
}

describe.each(STATUSES)("an export that is %s", (from) => {
  it.each(Object.keys(STATEMENTS))("is moved by «%s» only as the table allows", async (transition) => {
    const to = await after(from, transition);
    expect([from, ...TRANSITIONS[from]]).toContain(to);
  });
});

it.each<[ExportStatus, string, string, ExportStatus]>([
  ["queued", "start", "planning", "processing"],
  ["processing", "complete", "finishing", "completed"],
  ["processing", "fail", "writing", "failed"],
  ["queued", "fail", "planning", "failed"],
  ["completed", "expire", "done", "expired"],
  ["queued", "cancel", "planning", "canceled"],
  ["processing", "cancel", "writing", "canceled"],
  ["failed", "retry", "writing", "queued"],
])("%s is moved by «%s» in the phase %s to %s", async (from, transition, phase, to) => {
  expect(await after(from, transition, phase)).toBe(to);
});

it.each(["planning", "writing", "assembling"])("is not completed while it is %s", async (phase) => {
  expect(await after("processing", "complete", phase)).toBe("processing");
});
