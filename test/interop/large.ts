/**
 * Half a million rows in ten files, through sessions that end on the way: one that says so and is renewed in time, and
 * one that the store ends before its time. Read back with another client, and compared to the last row and byte.
 */

import { beforeAll, describe, expect, test } from "vitest";
import type { Export } from "../../client/src/index.ts";
import type { Manifest } from "../../scripts/proof.ts";
import { digits17 } from "../../src/time/names.ts";
import { ALL_ORDERS } from "../live/support.ts";
import { bulkyOrders, deliver, manifestIn, measure, type Read, rowOf, said } from "./deliveries.ts";
import type { Call, Exchange, Meddler } from "./recorder.ts";
import type { Scene } from "./scene.ts";
import { assumeAs, assumed, isAssumeRole, isFor, type Session, sessionIn, withSession } from "./sts.ts";

const EVENTS = 500_000;
const FILE_ROWS = 50_000;
const LOAD_WITHIN_MS = 180_000;
/** The first of them, whose file outgrows one part of 8 MiB. */
const BULK = 200_000;
const BULK_WINDOW = { end: new Date(Date.parse(ALL_ORDERS.start) + BULK).toISOString(), layout: "single" as const };
const PLANTED = "somebody else's";
/** Sessions are renewed five minutes before their end: these ones as soon as they are used again. */
const SOON_SECONDS = 300;
const DIRECTORY = "exports/large/";

export function large(scene: Scene): void {
  describe("a large export through a role", () => {
    let view: Export;
    let manifest: Manifest;
    const read: Read[] = [];
    const rows: string[] = [];

    /** Until the first file is uploaded, a session for a key below a directory has another length. */
    function firstSessions(directory: string, created: (call: Call) => Promise<Session>, more: Meddler = {}): void {
      scene.toStore.meddle = (call) => {
        if (!isAssumeRole(call)) return call.path.includes(directory) ? more : null;
        if (putsBelow(directory).length > 0 || !isFor(call, directory)) return null;
        return { answer: async (_, answer) => withSession(answer, await created(call)) };
      };
    }

    const putsBelow = (directory: string) => scene.toStore.calls("PUT", `/${directory}`);

    beforeAll(async () => {
      await scene.shop.client.events.send(bulkyOrders(EVENTS), { concurrency: 2 });
      firstSessions(DIRECTORY, (call) => assumeAs(scene.gateway.origin, call, { seconds: SOON_SECONDS }));
      view = await deliver(scene, { directory_path: DIRECTORY }, ALL_ORDERS);
      if (view.status !== "completed") throw new Error(`the export is ${JSON.stringify(view)}`);
      manifest = await manifestIn(scene, DIRECTORY, view.id);
      for (const file of view.files) read.push(await measure(scene, said(DIRECTORY, file).name, rows));
    }, LOAD_WITHIN_MS);

    test("has every row once, in their order, with what was sent", () => {
      expect(rows).toHaveLength(EVENTS);
      let n = 0;
      const other = [...bulkyOrders(EVENTS)].find((event) => rowOf(event) !== rows[n++]);
      expect(other).toBeUndefined();
    });

    test("is in full files, which are to the byte what the poll and the manifest say of them", () => {
      expect(read.map((file) => file.rows)).toEqual(Array.from({ length: EVENTS / FILE_ROWS }, () => FILE_ROWS));
      expect(view.files.map((file) => said(DIRECTORY, file))).toEqual(read);
      expect(manifest.files.map((file) => said(DIRECTORY, file))).toEqual(read);
    });

    test("is counted in its manifest as it was read", () => {
      const sum = (of: (file: Read) => number) => read.reduce((total, file) => total + of(file), 0);
      expect(manifest.totals).toEqual({
        files: read.length,
        rows: EVENTS,
        bytes: sum((file) => file.bytes),
        uncompressed_bytes: sum((file) => file.uncompressed_bytes),
      });
    });

    test("has files named by their windows, which follow on each other from the request's start to its end", () => {
      const start = Date.parse(ALL_ORDERS.start);
      const bounds = [...read.map((_, n) => start + n * FILE_ROWS), Date.parse(ALL_ORDERS.end)].map(digits17);
      const names = read.map((_, n) => `${DIRECTORY}${view.id}-events-${bounds[n]}-${bounds[n + 1]}.json.gz`);
      expect(read.map((file) => file.name)).toEqual(names);
    });

    test("went on with a new session before the first one ended", () => {
      const puts = putsBelow(DIRECTORY);
      // A step may be done twice, and then finds its own object there; refused for its session it is not.
      expect(new Set([200, 412, ...puts.map((put) => put.status)])).toEqual(new Set([200, 412]));
      const tokens = (calls: Exchange[]) => calls.map(({ answer }) => sessionIn(answer).sessionToken);
      const begun = scene.toStore.exchanges.indexOf(puts[0] as Exchange);
      const renewed = assumed(scene.toStore, DIRECTORY).filter((call) => scene.toStore.exchanges.indexOf(call) > begun);
      expect(tokens(renewed)).not.toContain(puts[0]?.headers["x-amz-security-token"]);
      expect(tokens(renewed)).toContain(puts.at(-1)?.headers["x-amz-security-token"]);
    });

    test("an export whose session the store ends early gets another one, and completes", async () => {
      const directory = "exports/ended/";
      const sessions: Session[] = [];
      const ended = async () => {
        for (const session of sessions) while ((await scene.bucket(session).tryPut(`${directory}alive`)) === 200);
      };
      const short = async (call: Call) => {
        const session = await assumeAs(scene.gateway.origin, call, { seconds: 2 });
        sessions.push(session);
        return { ...session, endsAt: session.endsAt + 3_600_000 };
      };
      // The first file is uploaded in time; the requests after it find the session expired.
      firstSessions(directory, short, { before: () => (putsBelow(directory).length === 0 ? undefined : ended()) });
      const end = new Date(Date.parse(ALL_ORDERS.start) + 1_000).toISOString();
      const small = await deliver(scene, { directory_path: directory }, { ...ALL_ORDERS, end, file_rows: 100 });
      expect(small).toMatchObject({ status: "completed", progress: { rows_written: 1_000 } });
      expect(putsBelow(directory).some((put) => put.status === 403)).toBe(true);
      const delivered: string[] = [];
      for (const file of small.files) await measure(scene, said(directory, file).name, delivered);
      expect(delivered).toEqual(rows.slice(0, 1_000));
    });

    test("as a single file it goes up in parts, and is the same rows", async () => {
      const directory = "exports/single/";
      const single = await deliver(scene, { directory_path: directory }, { ...ALL_ORDERS, ...BULK_WINDOW });
      expect(single).toMatchObject({ status: "completed", progress: { rows_written: BULK } });
      const [file, ...others] = single.files.map((each) => said(directory, each));
      expect(others).toEqual([]);
      expect(scene.toStore.calls("PUT", `${file?.name}?partNumber=`).length).toBeGreaterThan(1);
      const delivered: string[] = [];
      expect(await measure(scene, file?.name ?? "", delivered)).toEqual(file);
      expect(delivered).toEqual(rows.slice(0, BULK));
    });

    test("a single file in parts does not overwrite what is there either", async () => {
      const directory = "exports/single-conflict/";
      let planted = "";
      scene.toStore.meddle = (call) => {
        const [, key] = /^\/[^/]+\/([^?]+)\?uploads=$/.exec(call.path) ?? [];
        if (call.method !== "POST" || key?.startsWith(directory) !== true) return null;
        planted = key;
        return { before: () => scene.bucket().put(key, PLANTED) };
      };
      const single = await deliver(scene, { directory_path: directory }, { ...ALL_ORDERS, ...BULK_WINDOW });
      expect(single).toMatchObject({ status: "failed", error: { code: "destination_conflict", owner: "customer" } });
      expect((await scene.bucket().read(planted)).toString()).toBe(PLANTED);
    });
  });
}
