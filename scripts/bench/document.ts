/**
 * One JSON document of many profiles with their events: how long it takes, what it holds in memory, and whether it is
 * JSON.
 */

import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { ExportRequest, NewEvent, Spillway } from "../../client/src/index.ts";
import { downloadTo } from "../../client/src/node/index.ts";
import { createSpace } from "../spaces.ts";
import type { Endpoint } from "./bucket.ts";
import { measureExport, type Run } from "./measure.ts";
import { withService } from "./service.ts";

const EVENTS_PER_PROFILE = 20;
const DAY_MS = 86_400_000;
const DAYS = 60;

export interface DocumentResult {
  profiles: number;
  events: number;
  run: Run;
  /** Counts of Python's parser; null where Python is not installed. */
  found: { profiles: number; events: number } | null;
}

/** Python's parser is independent of the product, and `gzip` checks that the file is one complete member. */
const COUNT = `
import json, sys
profiles = json.load(sys.stdin)["profiles"]
events = sum(len(section.get("events", [])) for profile in profiles.values() for section in profile["sections"].values())
print(json.dumps({"profiles": len(profiles), "events": events}))`;

/** @throws when the export fails, or the document is not what was loaded. */
export async function measureDocument(options: {
  events: number;
  directory: string;
  bucket: Endpoint;
  report: (what: string) => void;
}): Promise<DocumentResult> {
  const { events, directory, bucket, report } = options;
  const profiles = Math.ceil(events / EVENTS_PER_PROFILE);
  return withService({ persistTo: join(directory, "state"), engine: "fflate", bucket }, async (service) => {
    const { client } = await createSpace(service.origin, { name: "Document", timezone: "UTC" });
    const now = Date.now();
    await load(client, profiles, events, now, report);
    const request = {
      dataset: "segment_profiles" as const,
      attributes: ["tier"],
      events: ["order_placed"],
      start_at: new Date(now - DAYS * DAY_MS).toISOString(),
      end_at: new Date(now).toISOString(),
    } satisfies ExportRequest;
    // After a first export the peak of memory is the document's.
    report("warming up");
    await client.exports.create({ ...request, end_at: new Date(now - (DAYS - 1) * DAY_MS).toISOString() }).wait();
    report("exporting");
    const { run, view } = await measureExport(service, client, request, profiles);
    const [file] = await downloadTo(client, view.id, directory);
    if (file === undefined) throw new Error("the export has no file");
    report("reading the document");
    const found = readBack(file.path);
    rmSync(file.path);
    if (found !== null && (found.profiles !== profiles || found.events !== events))
      throw new Error(`the document has ${found.profiles} profiles and ${found.events} events`);
    return { profiles, events, run, found };
  });
}

async function load(client: Spillway, profiles: number, events: number, now: number, report: (what: string) => void) {
  const person = (n: number) => `p-${String(n % profiles).padStart(7, "0")}`;
  await client.eventDefinitions.create({
    id: "order_placed",
    name: "Order placed",
    properties: [
      { name: "order_id", type: "text" },
      { name: "amount", type: "number" },
    ],
  });
  report(`loading ${profiles} profiles`);
  await client.profiles.put(
    Array.from({ length: profiles }, (_, n) => ({
      person_id: person(n),
      attributes: { tier: n % 9 === 0 ? "gold" : "basic" },
    })),
  );
  report(`loading ${events} events`);
  await client.events.send(orders(), { batch: 5_000, concurrency: 2 });

  function* orders(): Generator<NewEvent> {
    for (let n = 0; n < events; n += 1)
      yield {
        id: `order-${String(n).padStart(8, "0")}`,
        definition_id: "order_placed",
        person_id: person(n * 7_919),
        occurred_at: new Date(now - 1_000 - ((n * 2_477) % ((DAYS - 1) * DAY_MS))).toISOString(),
        properties: { order_id: `A-${n}`, amount: ((n * 6_151) % 50_000) / 100 },
      };
  }
}

function readBack(file: string): DocumentResult["found"] {
  const shell = `gzip -t "$1" && gunzip -c "$1" | python3 -c '${COUNT}'`;
  const { status, stdout, error } = spawnSync("bash", ["-o", "pipefail", "-c", shell, "bash", file], {
    encoding: "utf8",
  });
  if (error !== undefined || spawnSync("python3", ["--version"]).error !== undefined) return null;
  if (status !== 0) throw new Error("the document is not one gzip member of valid JSON");
  return JSON.parse(stdout) as DocumentResult["found"];
}

export function showDocument({ profiles, events, run, found }: DocumentResult): string {
  const seconds = (ms: number | null) => (ms === null ? "–" : `${(ms / 1000).toFixed(1)} s`);
  const rows = [
    ["wall", seconds(run.wall_ms)],
    ["CPU of workerd, with its D1 and queue", seconds(run.cpu_ms)],
    ["peak memory of workerd", run.peak_bytes === null ? "–" : `${Math.round(run.peak_bytes / 1e6)} MB`],
    ["document, MB; compressed", `${(run.uncompressed_bytes / 1e6).toFixed(1)}; ${(run.bytes / 1e6).toFixed(1)}`],
    ["D1 statements; queue messages", `${run.work?.d1_statements ?? "–"}; ${run.work?.messages ?? "–"}`],
    [
      "read back",
      found === null
        ? "not: there is no python3"
        : `by gzip and Python: ${found.profiles.toLocaleString("en")} profiles, ${found.events.toLocaleString("en")} events`,
    ],
  ];
  return [
    `One document of ${profiles.toLocaleString("en")} profiles with ${events.toLocaleString("en")} events`,
    "",
    ...rows.map(([label = "", value = ""]) => label.padEnd(48) + value),
  ].join("\n");
}
