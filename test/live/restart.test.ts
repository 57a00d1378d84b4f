/**
 * The machine goes down in the middle of an export, again and again, at every stage of it: each time it comes back and
 * continues, and the files are the ones that they would have been. wrangler's local queue forgets its messages in a
 * kill: what continues was brought back by the sweep.
 */

import { mkdir } from "node:fs/promises";
import { AwsClient } from "aws4fetch";
import { beforeAll, describe, expect, test } from "vitest";
import type { Export, NewEvent } from "../../client/src/index.ts";
import { differences, manifestOf, receive } from "../../scripts/proof.ts";
import { dice, noise } from "../support/random.ts";
import { ALL_ORDERS, liveStack, openShop, orders, type Shop } from "./support.ts";

const EVENTS = 250_000;
/** All of a run: its kills, each with a start of about five seconds, and its end. */
const RUN_WITHIN_MS = 240_000;
const SWEEP_AFTER_MS = 300;

// Work counts as stuck sooner than by default, and the rate limits allow polling for the right moment.
const stack = liveStack(
  ...[
    "LEASE_SECONDS:5",
    "RESEND_AFTER_SECONDS:1",
    "CREATE_LIMIT:100",
    "POLL_LIMIT:10000",
    "WRITE_LIMIT:100000",
    "API_LIMIT:100000",
  ].flatMap((v) => ["--var", v]),
);
let shop: Shop;

/** When to kill: at the first poll that sees this, or more. */
type Moment = readonly [when: string, reached: (progress: Export["progress"]) => boolean];

const written =
  (share: number): Moment[1] =>
  ({ rows_written: rows }) =>
    rows >= share * EVENTS;
const phase =
  (...phases: string[]): Moment[1] =>
  (progress) =>
    phases.includes(progress.phase);

const AT_ONCE: Moment = ["right after the 202", () => true];
const WRITING: Moment = ["at the first chunk", phase("writing", "assembling", "finishing")];
const HALF_WAY: Moment = ["when half of the rows are written", written(0.5)];
const ASSEMBLING: Moment = ["while it is put together", phase("assembling", "finishing")];
const FINISHING: Moment = ["at the very end", phase("finishing")];

const LAYOUTS = {
  single: {
    request: { layout: "single" },
    kills: [AT_ONCE, WRITING, HALF_WAY, ASSEMBLING, FINISHING],
    phases: ["planning", "writing", "assembling"],
  },
  files: {
    request: { layout: "files", file_rows: 10_000 },
    kills: [WRITING, HALF_WAY, FINISHING],
    phases: ["writing"],
  },
} as const;

/** Events that hardly compress: what is assembled goes up in several parts. */
function* bulkyOrders(): Generator<NewEvent> {
  const roll = dice(1);
  for (const order of orders(EVENTS)) yield { ...order, properties: { order_id: noise(roll, 64), amount: 1 } };
}

/** Runs the sweep, as cron does. */
async function sweep(): Promise<void> {
  await (await fetch(`${stack.origin}/cdn-cgi/local/scheduled`)).arrayBuffer();
}

const isFinal = (view: Export) => view.status !== "queued" && view.status !== "processing";

/** Polls, and sweeps where nothing moves. @returns the first poll that sees the moment, or the end. */
async function until(id: string, reached: Moment[1]): Promise<Export> {
  let last = { seen: "", at: Date.now() };
  for (;;) {
    const view = await shop.client.exports.get(id);
    if (isFinal(view) || reached(view.progress)) return view;
    const seen = JSON.stringify(view.progress);
    if (seen !== last.seen) last = { seen, at: Date.now() };
    if (Date.now() - last.at < SWEEP_AFTER_MS) continue;
    await sweep();
    last.at = Date.now();
  }
}

/** The names of all objects below the export's prefix. */
async function objectsOf(id: string): Promise<string[]> {
  const credentials = { accessKeyId: "local-access-key", secretAccessKey: "local-secret-access-key" };
  const client = new AwsClient({ ...credentials, region: "auto", service: "s3", retries: 0 });
  const prefix = `spaces/${shop.space.id}/exports/${id}/`;
  const bucket = `${stack.origin}/cdn-cgi/local/r2/s3/spillway-exports`;
  const response = await client.fetch(`${bucket}?list-type=2&prefix=${encodeURIComponent(prefix)}`);
  const text = await response.text();
  if (!response.ok) throw new Error(`the bucket answered ${response.status}: ${text}`);
  return [...text.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = ""]) => key.split("/").at(-1) ?? "");
}

/** What is the same for the same request: a file's name alone carries the export's id. */
const factsOf = (view: Export) =>
  view.files.map(({ rows, bytes, uncompressed_bytes, sha256 }) => ({ rows, bytes, uncompressed_bytes, sha256 }));

beforeAll(async () => {
  shop = await openShop(stack.origin);
  await shop.client.events.send(bulkyOrders(), { concurrency: 2 });
}, 120_000);

describe.each(["single", "files"] as const)(
  "an export in the layout %s that is interrupted by repeated kills",
  (layout) => {
    const { request, kills, phases } = LAYOUTS[layout];
    const seen = new Map<Moment, Export>();
    let undisturbed: Export;
    let resumed: Export;

    beforeAll(async () => {
      undisturbed = await shop.client.exports.create({ ...ALL_ORDERS, ...request }).wait();
      let view: Export = await shop.client.exports.create({ ...ALL_ORDERS, ...request });
      for (const moment of kills) {
        if (moment !== AT_ONCE) view = await until(view.id, moment[1]);
        await stack.kill();
        seen.set(moment, view);
        await stack.start();
      }
      resumed = await until(view.id, () => false);
    }, RUN_WITHIN_MS);

    test("was in progress at each kill, except perhaps at the last one", () => {
      const statuses = kills.slice(0, -1).map((moment) => seen.get(moment)?.status);
      expect(statuses).toEqual(kills.slice(0, -1).map((moment) => (moment === AT_ONCE ? "queued" : "processing")));
    });

    test("was killed in each of its phases, and with a part of its rows written", () => {
      const found = [...seen.values()].map((view) => view.progress);
      expect(found.map((progress) => progress.phase)).toEqual(expect.arrayContaining([...phases]));
      expect(found.filter(({ rows_written: rows }) => rows > 0 && rows < EVENTS)).not.toHaveLength(0);
    });

    test("completes with every row", () => {
      expect(resumed).toMatchObject({
        status: "completed",
        error: null,
        next_retry_at: null,
        progress: { phase: "done", rows_written: EVENTS, rows_total: EVENTS, percent: 100 },
      });
    });

    test("has the files, to the byte, of one that nothing disturbed", () => {
      expect(factsOf(resumed)).toEqual(factsOf(undisturbed));
    });

    test("has in the bucket what its manifest says, and nothing beside it", async () => {
      const folder = stack.file(layout);
      await mkdir(folder);
      const manifest = await manifestOf(shop.client, resumed.id);
      expect(differences(manifest, await receive(shop.client, resumed.id, folder))).toEqual([]);
      const names = [...resumed.files.map((file) => file.name), `_${resumed.id}-manifest.json`];
      expect((await objectsOf(resumed.id)).toSorted()).toEqual(names.toSorted());
    });

    test("was brought back by the sweep, and completed once", async () => {
      const data = await shop.client.exports.timeline(resumed.id).all();
      const times = (type: string) => data.filter((entry) => entry.type === type).length;
      expect(times("export.resent")).toBeGreaterThanOrEqual(kills.length - 1);
      expect([times("export.created"), times("export.planned"), times("export.completed")]).toEqual([1, 1, 1]);
    });
  },
);
