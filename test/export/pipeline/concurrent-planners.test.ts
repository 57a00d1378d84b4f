/**
 * Two concurrent planners of one export, one of them from before a retry: no row is left out, no export has a gap.
 */

import { describe, expect, it } from "vitest";
import { insertChunks } from "../../../src/db/exports/chunks.ts";
import { findExport } from "../../../src/db/exports/exports.ts";
import { failExport } from "../../../src/db/exports/transitions.ts";
import { LedgerCheck } from "../../../src/export/pipeline/ledger-check.ts";
import { deliver, eventIdsOf, roomyService, take } from "../../support/pipeline.ts";
import { orders } from "../../support/service.ts";

it("a slice of a plan from before the retry does not enter the new plan", async () => {
  const service = roomyService();
  const space = await service.shop();
  await service.send(space, orders(6));
  const id = await service.ask(space, { layout: "files", file_rows: 2 });
  const { control } = service.context.databases;
  const message = take(service, "plan");
  const error = { code: "internal", owner: "service" } as const;
  const until = service.now + 1_000;
  const end = { now: service.now, day: "2026-03-01", generation: 0, keptUntil: until, cleanupAt: until };
  await failExport(control, { space_id: space.id, id }, error, end);
  await service.json("POST", `/v1/exports/${id}/retry`, 202, { key: space.key });

  // The new planner has begun. Now the old planner's slice is inserted, a later part of the plan.
  await control.run("UPDATE exports SET status = 'processing' WHERE space_id = ?1 AND id = ?2", [space.id, id]);
  const late = {
    n: 1,
    file_n: 1,
    lower_time: service.now,
    lower_id: "",
    upper_time: service.now,
    upper_id: "",
    records: 0,
    file_starts: null,
  };
  const [entered] = await control.batch([insertChunks({ space_id: space.id, id }, 0, [late])]);
  expect(entered?.changes).toBe(0);
  expect((await findExport(control, space.id, id))?.plan_version).toBe(1);

  await deliver(service, message);
  await service.pump();
  const done = await service.poll(space, id);
  expect(done).toMatchObject({ status: "completed", progress: { rows_written: 6 } });
  expect(await eventIdsOf(service, done)).toHaveLength(6);
});

describe("chunks that are to be completed", () => {
  const key = (time: number) => ({ time, id: "" });
  const bounds = { lower: key(0), upper: key(30) };
  const chunk = (n: number, from: number, to: number) => ({
    n,
    lower_time: from,
    lower_id: "",
    upper_time: to,
    upper_id: "",
    done: 1,
    records: 1,
    records_read: 1,
    rows: 1,
    file_n: n,
  });

  it.each([
    ["all that was requested", [chunk(0, 0, 10), chunk(1, 10, 30)], null],
    ["nothing, where nothing was found", [], null],
    ["not the beginning", [chunk(0, 5, 30)], "the chunks do not touch"],
    ["not the end", [chunk(0, 0, 10)], "the chunks do not reach the end"],
    ["not what lies between", [chunk(0, 0, 10), chunk(1, 20, 30)], "the chunks do not touch"],
    ["not a whole chunk", [chunk(0, 0, 10), chunk(2, 10, 30)], "a chunk is missing"],
  ])("cover %s", (_, chunks, problem) => {
    const check = new LedgerCheck(bounds);
    check.addChunks(chunks);
    check.addFiles(chunks);
    expect(check.problem(chunks.length)).toBe(problem);
  });
});
