/**
 * Lines in files: in order over all of them, none with more than requested, a conversion's lines split where a file
 * is full.
 */

import { beforeAll, describe, expect, it } from "vitest";
import { SIZES } from "../../../src/context.ts";
import {
  ask,
  at,
  conversion,
  credit,
  exported,
  filesOf,
  linesOf,
  manifestOf,
  market,
  NOON,
  sendTouches,
  touch,
} from "../../support/conversions.ts";
import { bytesOf, deliver, pumpCarelessly, take } from "../../support/pipeline.ts";
import { dice, shuffled } from "../../support/random.ts";
import type { Service, Space } from "../../support/service.ts";

let service: Service;
let space: Space;

const EVENTS = 7;
const TOUCHES = 4;
const LINEAR = credit("linear", ["email", "sms"], { fields: ["amount", "source"] });

beforeAll(async () => {
  ({ service, space } = await market([null, null]));
  await sendTouches(
    service,
    space,
    Array.from({ length: TOUCHES }, (_, n) => touch(`t-${n}`, n % 2 === 0 ? "email" : "sms", NOON - 10 + n)),
  );
  await service.send(
    space,
    // The last one is of a person without touchpoints.
    Array.from({ length: EVENTS + 1 }, (_, n) =>
      conversion(`e-${n}`, { occurred_at: at(NOON + n), person_id: n < EVENTS ? "p-1" : "p-2" }),
    ),
  );
});

describe("files of three lines", () => {
  it("have three at most, in the order of the one file, and their edges in the manifest", async () => {
    const whole = await linesOf(service, space, LINEAR);
    expect(whole).toHaveLength(EVENTS * TOUCHES);
    const view = await exported(service, space, { ...LINEAR, layout: "files", file_rows: 3 });
    const files = await filesOf(service, view);
    expect(files.flat()).toEqual(whole);
    for (const [n, file] of files.entries())
      expect([file.length, view.files[n]?.rows]).toEqual([file.length, file.length]);
    // Three conversions a chunk: twelve lines, twelve lines, and four of the seventh.
    expect(files.map((file) => file.length)).toEqual([3, 3, 3, 3, 3, 3, 3, 3, 3, 1]);

    const manifest = await manifestOf(service, space, view.id);
    expect(manifest.totals).toMatchObject({ files: 10, rows: EVENTS * TOUCHES });
    const edge = (line?: Record<string, unknown>) => ({ time: line?.["event_time_utc"], id: line?.["id"] });
    expect(manifest.files.map(({ name, first, last }) => ({ name, first, last }))).toEqual(
      files.map((file, n) => ({ name: view.files[n]?.name, first: edge(file[0]), last: edge(file.at(-1)) })),
    );
    expect(new Set(view.files.map(({ name }) => name)).size).toBe(10);
  });

  it("report the first and last time of the one file from its lines, also when conversions without lines follow", async () => {
    const { files } = await manifestOf(service, space, (await exported(service, space, LINEAR)).id);
    expect(files.map(({ first, last }) => [first, last])).toEqual([
      [
        { time: at(NOON), id: "e-0" },
        { time: at(NOON + EVENTS - 1), id: `e-${EVENTS - 1}` },
      ],
    ]);
  });

  it("cut a conversion's lines", async () => {
    const files = await filesOf(service, await exported(service, space, { ...LINEAR, layout: "files", file_rows: 3 }));
    expect(files.slice(0, 2).map((file) => file.map((line) => [line["id"], line["touchpoint_id"]].join(" ")))).toEqual([
      ["e-0 t-0", "e-0 t-1", "e-0 t-2"],
      ["e-0 t-3", "e-1 t-0", "e-1 t-1"],
    ]);
  });

  it("are the same when their steps are repeated, in any order", async () => {
    const request = { ...LINEAR, layout: "files", file_rows: 3 };
    const once = await exported(service, space, request);
    const id = await ask(service, space, request);
    const roll = dice(3);
    await pumpCarelessly(service, { times: 2, order: (waiting) => shuffled(roll, waiting), width: 2 });
    const often = await service.poll(space, id);
    expect(bytesOf(often)).toEqual(bytesOf(once));
    expect(await filesOf(service, often)).toEqual(await filesOf(service, once));
  });

  it("end before they have the bytes a file may have", async () => {
    service.context.sizes = { ...SIZES, fileBytes: 250 };
    const view = await exported(service, space, { ...LINEAR, layout: "files" });
    service.context.sizes = SIZES;
    expect((await filesOf(service, view)).flat()).toEqual(await linesOf(service, space, LINEAR));
    expect(view.files.length).toBeGreaterThan(5);
    for (const file of view.files) expect(file.uncompressed_bytes).toBeLessThan(250);
  });

  it("without attribution are of three conversions each", async () => {
    const view = await exported(service, space, { layout: "files", file_rows: 3 });
    expect(view.files.map(({ rows }) => rows)).toEqual([3, 3, 2]);
  });

  it("are none where no conversion has a line, though there are conversions", async () => {
    const request = { ...LINEAR, sources: ["yelp"] };
    const files = await exported(service, space, { ...request, layout: "files" });
    expect([files.files, files.message]).toEqual([[], "0 events found for the time period queried."]);
    const single = await exported(service, space, request);
    expect(single.files.map(({ rows }) => rows)).toEqual([0]);
  });
});

describe("progress", () => {
  it("does not know the lines before they are all written, and moves with the conversions", async () => {
    const id = await ask(service, space, { ...LINEAR, layout: "files", file_rows: 3 });
    await deliver(service, take(service, "plan"));
    const planned = await service.poll(space, id);
    expect(planned.progress).toMatchObject({ rows_total: null, files_total: null, percent: 0 });
    const percents: (number | null)[] = [];
    for (const step of ["chunk", "chunk"] as const) {
      await deliver(service, take(service, step));
      const { progress } = await service.poll(space, id);
      expect(progress.rows_total).toBeNull();
      percents.push(progress.percent);
    }
    // Three of eight conversions, and six of them.
    expect(percents).toEqual([37.5, 75]);
    await service.pump();
    expect((await service.poll(space, id)).progress).toMatchObject({
      rows_total: EVENTS * TOUCHES,
      rows_written: EVENTS * TOUCHES,
      files_total: 10,
      percent: 100,
    });
  });

  it("knows the lines beforehand where each conversion is one", async () => {
    const id = await ask(service, space);
    await deliver(service, take(service, "plan"));
    expect((await service.poll(space, id)).progress.rows_total).toBe(EVENTS + 1);
    await service.pump();
  });
});

it("an estimate has the same lines and files as the result", async () => {
  const body = { dataset: "conversion_events", date: "2026-02-28", ...LINEAR, layout: "files", file_rows: 3 };
  const estimate = await service.json("POST", "/v1/exports/estimate", 200, { key: space.key, body });
  expect(estimate).toMatchObject({ rows: EVENTS * TOUCHES, files: 10 });
});
