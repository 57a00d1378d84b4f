/** Names of files: contiguous windows in UTC digits, and how many rows each file has. */

import { describe, expect, it } from "vitest";
import { activityEvents } from "../../../src/datasets/activity-events.ts";
import { fileNames } from "../../../src/export/pipeline/plan.ts";
import { digits17 } from "../../../src/time/names.ts";
import { gunzip, lines } from "../../support/gunzip.ts";
import { roomyService } from "../../support/pipeline.ts";
import { type ExportView, orders, START, type Service, type Space } from "../../support/service.ts";

const START_AT = Date.UTC(2026, 0, 1);
const END_AT = Date.UTC(2026, 0, 8);

const SHAPES = { single: "assembled", files: "counted_files" };

/** @param starts when the first record of each file occurred. */
function namesOf(layout: "single" | "files", starts: readonly number[]): string[] {
  const window = { start: START_AT, end: END_AT };
  const query = {
    ...window,
    definition_ids: null,
    row_format: "flat",
    clashes: [],
    fields: { enriched: false, extra: true },
  } as const;
  const { databases } = roomyService().context;
  const source = activityEvents.open(
    { ...query, excludeDeleted: false },
    { db: databases.space("s"), events: databases.events("s"), spaceId: "s", seq: 1, since: null },
  );
  return fileNames({ id: "x", result_shape: JSON.stringify({ kind: SHAPES[layout] }), encoding: null }, source, starts);
}

describe("the names of files", () => {
  it("fact 1.a.13: say the request's window in 17 digits a time when there is one file", () => {
    expect(namesOf("files", [START_AT])).toEqual(["x-events-20260101000000000-20260108000000000.json.gz"]);
  });

  it("say the request's window for a single file of many chunks", () => {
    expect(namesOf("single", [START_AT, START_AT + 1, START_AT + 2])).toEqual([
      "x-events-20260101000000000-20260108000000000.json.gz",
    ]);
  });

  it("meet where the next file's first record occurred", () => {
    expect(namesOf("files", [START_AT, Date.UTC(2026, 0, 2, 3, 4, 5, 6), Date.UTC(2026, 0, 3)])).toEqual([
      "x-events-20260101000000000-20260102030405006.json.gz",
      "x-events-20260102030405006-20260103000000000.json.gz",
      "x-events-20260103000000000-20260108000000000.json.gz",
    ]);
  });

  it("fact 1.a.15: are numbered from the second on where they would be equal", () => {
    const crowded = Date.UTC(2026, 0, 2);
    const inside = "x-events-20260102000000000-20260102000000000";
    expect(namesOf("files", [START_AT, crowded, crowded, crowded, crowded])).toEqual([
      "x-events-20260101000000000-20260102000000000.json.gz",
      `${inside}.json.gz`,
      `${inside}-2.json.gz`,
      `${inside}-3.json.gz`,
      "x-events-20260102000000000-20260108000000000.json.gz",
    ]);
  });

  it("are none when there are no chunks", () => {
    expect(namesOf("files", [])).toEqual([]);
  });
});

const NAME = /^([0-9a-f-]{36})-events-(\d{17})-(\d{17})(?:-(\d+))?\.json\.gz$/;

function windowsOf(view: ExportView) {
  return view.files.map(({ name }) => {
    const [, id, start, end] = NAME.exec(name) ?? [];
    return { id, start, end };
  });
}

async function withEvents(times: readonly number[]): Promise<{ service: Service; space: Space }> {
  const service = roomyService();
  const space = await service.shop();
  const events = orders(times.length).map((event, n) => ({
    ...event,
    occurred_at: new Date(times[n] ?? 0).toISOString(),
  }));
  await service.send(space, events);
  return { service, space };
}

describe("an export in files", () => {
  const times = Array.from({ length: 10 }, (_, n) => START - 100_000 + n * 777);

  it("has the asked number of rows in every file but the last", async () => {
    const { service, space } = await withEvents(times);
    const done = await service.export(space, { layout: "files", file_rows: 4 });
    expect(done.files.map((file) => file.rows)).toEqual([4, 4, 2]);
  });

  it("has a full last file when the rows come out even", async () => {
    const { service, space } = await withEvents(times);
    const done = await service.export(space, { layout: "files", file_rows: 5 });
    expect(done.files.map((file) => file.rows)).toEqual([5, 5]);
  });

  it("names its files by contiguous windows from the request's start to its end", async () => {
    const { service, space } = await withEvents(times);
    const start = new Date(START - 200_000).toISOString();
    const done = await service.export(space, { layout: "files", file_rows: 4, start });
    const cuts = [START - 200_000, times[4] ?? 0, times[8] ?? 0, START].map(digits17);
    expect(windowsOf(done)).toEqual([
      { id: done.id, start: cuts[0], end: cuts[1] },
      { id: done.id, start: cuts[1], end: cuts[2] },
      { id: done.id, start: cuts[2], end: cuts[3] },
    ]);
  });

  it("writes the windows in UTC, for any offset in the request", async () => {
    const { service, space } = await withEvents(times);
    const done = await service.export(space, { start: "2026-03-01T15:30:00+05:30", end: "2026-03-01T07:00:00-05:00" });
    expect(windowsOf(done)).toEqual([{ id: done.id, start: "20260301100000000", end: "20260301120000000" }]);
  });

  it("has one row a file when the request asks for it", async () => {
    const { service, space } = await withEvents(times);
    const done = await service.export(space, { layout: "files", file_rows: 1 });
    expect(done.files.map((file) => file.rows)).toEqual(times.map(() => 1));
  });

  it("keeps the files of one crowded millisecond apart, each with its own rows", async () => {
    const crowded = START - 5_000;
    const { service, space } = await withEvents(Array.from({ length: 9 }, () => crowded));
    const done = await service.export(space, { layout: "files", file_rows: 2 });
    const [start, at, end] = [START - 3_600_000, crowded, START].map(digits17);
    expect(done.files.map((file) => file.name.slice(`${done.id}-events-`.length))).toEqual([
      `${start}-${at}.json.gz`,
      `${at}-${at}.json.gz`,
      `${at}-${at}-2.json.gz`,
      `${at}-${at}-3.json.gz`,
      `${at}-${end}.json.gz`,
    ]);
    const files = await Promise.all(done.files.map(async (file) => lines(gunzip(await service.fetchFile(file)))));
    const rows = files.map((file) => file.map((row) => row["eventId"]));
    expect(rows.map((file) => file.length)).toEqual([2, 2, 2, 2, 1]);
    expect(rows.flat()).toEqual(orders(9).map((event) => event["id"]));
  });
});
