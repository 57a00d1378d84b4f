/**
 * Twenty concurrent writers send events and change profiles while exports are created and written. The queue repeats,
 * reorders and loses messages, and the bucket breaks connections. When all work has finished, each export is compared
 * with the tables as of its sequence number, and with the times of the writers' answers.
 */

import { beforeAll, describe, expect, it } from "vitest";
import { SIZES } from "../../../src/context.ts";
import { sweep } from "../../support/sweep.ts";
import { Bucket } from "../../../src/outbound/s3.ts";
import { ConcurrentWriters, type Timed, type Write } from "../../support/concurrent-writers.ts";
import { bytesOf, pumpCarelessly, roomyService, rowsOf } from "../../support/pipeline.ts";
import { dice, shuffled } from "../../support/random.ts";
import { reach, START, type Space } from "../../support/service.ts";
import { readTables, expectedRows, type Tables } from "../../support/expected-rows.ts";

const WRITERS = 20;
/** Concurrent exporters, and the number of exports of each, in one file and in many by turns. */
const EXPORTERS = 3;
const EXPORTS_EACH = 4;
const LAYOUTS = [{ layout: "single" }, { layout: "files", file_rows: 150 }];
const WINDOW = { start: START - 3_000_000, end: START - 1_000_000 };

const service = roomyService({ PENDING_LIMIT: "1000" });
let space: Space;

let concurrent: ConcurrentWriters;
const asked: (Timed & { id: string })[] = [];
let tables: Tables;
let broken = 0;
let lost = 0;

const ask = (n: number) =>
  service.ask(space, {
    start: new Date(WINDOW.start).toISOString(),
    end: new Date(WINDOW.end).toISOString(),
    ...LAYOUTS[n % LAYOUTS.length],
  });

async function exportAgainAndAgain(exporter: number): Promise<void> {
  const roll = dice(100 + exporter);
  for (let n = 0; n < EXPORTS_EACH; n += 1) {
    const { answer: id, ...times } = await concurrent.timed(() => ask(exporter + n));
    asked.push({ id, ...times });
    await pumpCarelessly(service, {
      times: 2,
      width: 4,
      order: (waiting) => {
        concurrent.startRound();
        const kept = shuffled(roll, waiting).filter(() => roll() < 0.9);
        lost += waiting.length - kept.length;
        return kept;
      },
    });
  }
}

/** A bucket that breaks one call in ten, half of them after the call took effect. */
function brittle(roll: () => number): Bucket {
  const fetch: typeof reach = async (input, init) => {
    const fate = roll();
    if (fate >= 0.1) return reach(input, init);
    broken += 1;
    if (fate < 0.05) await (await reach(input, init)).body?.cancel();
    throw new TypeError("the connection was lost");
  };
  return new Bucket(service.config.bucket, () => Date.now(), fetch, "service");
}

/** Runs every export until it is final, as cron and the queue do. */
async function untilQuiet(): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    await service.pump();
    service.now += 60_000;
    await sweep(service.context);
    if (service.queue.length === 0) return;
  }
  throw new Error("it does not come to rest");
}

async function snapshotOf(id: string): Promise<number> {
  const path = `/v1/exports/${id}/manifest`;
  return (await service.json<{ snapshot: { sequence: number } }>("GET", path, 200, { key: space.key })).snapshot
    .sequence;
}

beforeAll(async () => {
  space = await service.shop();
  concurrent = new ConcurrentWriters(service, space, WINDOW);
  await concurrent.createPeople();
  // The limiter's module is loaded at its first call, which would wait until all writers have finished.
  await service.call("GET", "/v1/exports", { key: space.key });
  const { bucket } = service.context;
  Object.assign(service.context, { bucket: brittle(dice(7)), sizes: { ...SIZES, chunkRows: 200 } });

  const exporters = Array.from({ length: EXPORTERS }, (_, n) => exportAgainAndAgain(n));
  const writers = Array.from({ length: WRITERS }, (_, n) => concurrent.write(n));
  await Promise.all(exporters);
  concurrent.stop();
  await Promise.all(writers);
  service.context.bucket = bucket;
  await untilQuiet();
  tables = await readTables(space);
}, 120_000);

const each = Array.from({ length: EXPORTERS * EXPORTS_EACH }, (_, n) => n);

function exportOf(n: number): (typeof asked)[number] {
  const found = asked[n];
  if (found === undefined) throw new Error(`there is no export ${n}`);
  return found;
}

describe("while twenty write", () => {
  it("exports are created at many times, and messages and calls to the bucket are lost", async () => {
    const snapshots = await Promise.all(asked.map(({ id }) => snapshotOf(id)));
    expect(new Set(snapshots).size).toBeGreaterThan(EXPORTS_EACH);
    expect(expectedRows(tables, WINDOW, Math.max(...snapshots)).length).toBeGreaterThan(
      expectedRows(tables, WINDOW, Math.min(...snapshots)).length + 100,
    );
    expect(Math.min(broken, lost)).toBeGreaterThan(0);
  });

  it.each(each)("export %i is exactly the data as of its sequence number, external ids included", async (n) => {
    const view = await service.poll(space, exportOf(n).id);
    expect(view).toMatchObject({ status: "completed", error: null });
    expect(await rowsOf(service, view)).toEqual(expectedRows(tables, WINDOW, await snapshotOf(view.id)));
  });

  it.each(each)("export %i has every write that was answered before it, and none that was sent after", async (n) => {
    const { id, sent, answered } = exportOf(n);
    const snapshot = await snapshotOf(id);
    const at = new Map<string, number>([
      ...tables.events.map(({ id: event, seq }) => [event, seq] as const),
      ...tables.profiles.map(({ external_person_id: external, seq_from: from }) => [`${external}`, from] as const),
    ]);
    const numbersOf = (chosen: readonly Write[]) =>
      chosen.flatMap(({ eventIds, externalIds }) =>
        [...eventIds, ...externalIds].map((each) => at.get(each) ?? Number.NaN),
      );
    const before = numbersOf(concurrent.writes.filter((write) => write.answered < sent));
    const after = concurrent.writes.filter((write) => write.sent > answered);
    expect(before.filter((seq) => !(seq <= snapshot))).toEqual([]);
    expect(numbersOf(after).filter((seq) => !(seq > snapshot))).toEqual([]);
  });
});

describe("when they are done", () => {
  it("two exports of one number are the same bytes, in either layout", async () => {
    for (const n of LAYOUTS.keys()) {
      const [first, second] = [await ask(n), await ask(n)];
      await pumpCarelessly(service, { times: 2, width: 3, order: (waiting) => waiting.toReversed() });
      const [one, other] = [await service.poll(space, first), await service.poll(space, second)];
      expect(await snapshotOf(first)).toBe(await snapshotOf(second));
      expect(one.progress.rows_written).toBeGreaterThan(100);
      expect(bytesOf(one)).toEqual(bytesOf(other));
    }
  });

  it.each([0, 1])("export %i, whose steps are all repeated, has the same bytes", async (n) => {
    const { id } = exportOf(n);
    const before = await service.poll(space, id);
    const { control } = service.context.databases;
    const again = [
      "UPDATE export_chunks SET done = 0, lease_until = 0",
      "UPDATE export_files SET done = 0, lease_until = 0",
    ];
    for (const set of again) await control.run(`${set} WHERE space_id = ?1 AND export_id = ?2`, [space.id, id]);
    await control.run(
      "UPDATE exports SET status = 'processing', phase = 'writing', wake_at = 0, cleanup_at = NULL WHERE space_id = ?1 AND id = ?2",
      [space.id, id],
    );
    await untilQuiet();
    const after = await service.poll(space, id);
    expect(after.status).toBe("completed");
    expect(bytesOf(after)).toEqual(bytesOf(before));
  });
});
