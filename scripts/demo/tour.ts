/** The demo's story: flights in, export out, the proof, the figures. A line for each step that held; throws at one that did not. */

import { styleText } from "node:util";
import type { ExportView } from "../answers.ts";
import type { Client } from "../client.ts";
import { linesOf } from "../download.ts";
import { airportsOf, makeFlightSpace, nestedRows, sendFlights } from "../flight-space.ts";
import { type Flight, readFlights, WEEK } from "../flights.ts";
import { openProgress } from "../progress.ts";
import { differences, digestOf, receive, type Received, rowsOf } from "../proof.ts";
import type { Stage } from "./stage.ts";

const STALLED_AFTER_MS = 60_000;
const SHOWN_ROWS = 3;

/** @param started when the demo began, as performance.now() says it. @returns what `--keep` hands on. */
export async function tour(stage: Stage, started: number): Promise<{ key: string; exportId: string }> {
  step("started", `at ${stage.origin}: Worker, D1, queues, bucket`, sinceOf(started));

  const flights = await readFlights();
  const { space, client } = await makeFlightSpace(stage.origin, flights);
  const loading = performance.now();
  await load(client, flights);
  const airports = airportsOf(flights).length;
  step("loaded", `${count(flights.length)} flights as events, ${airports} airports as profiles`, sinceOf(loading));

  const view = await exportThem(client);
  const seconds = (Date.parse(view.completed_at ?? "") - Date.parse(view.created_at)) / 1000;
  step("exported", `${count(view.progress.rows_written)} rows into ${view.files.length} file`, seconds);

  const fetching = performance.now();
  const files = await receive(view, stage.folder);
  step("fetched", "through the presigned download_url", sinceOf(fetching));

  const checking = performance.now();
  const sha256 = await check(client, view, files, flights);
  step("checked", "counts, sizes and SHA-256 as the manifest says", null);
  step("compared", `every row is its source row, in order: ${sha256.slice(0, 16)}… on both sides`, sinceOf(checking));

  await showRows(files);
  showFigures(files, seconds, sinceOf(started));
  return { key: space.api_key, exportId: view.id };
}

async function load(client: Client, flights: readonly Flight[]): Promise<void> {
  const progress = openProgress("loading");
  progress.update(0, flights.length);
  try {
    const { accepted, duplicates } = await sendFlights(client, flights, (sent) => {
      progress.update(sent, flights.length, `${count(sent)} events`);
    });
    if (accepted !== flights.length || duplicates !== 0)
      throw new Error(`Of ${flights.length} flights ${accepted} were accepted and ${duplicates} called duplicates.`);
  } finally {
    progress.end();
  }
}

/** @throws also when it does not move on. */
async function exportThem(client: Client): Promise<ExportView> {
  const progress = openProgress("exporting");
  const best = { phase: "", rows: 0, at: performance.now() };
  try {
    return await client.export(
      { dataset: "activity_events", ...WEEK, event_names: ["flight"], row_format: "nested", layout: "single" },
      (view) => {
        const { phase, rows_written, rows_total, eta_seconds } = view.progress;
        const eta = eta_seconds === null || eta_seconds === 0 ? "" : `, ${eta_seconds} s left`;
        const trouble = view.error === null ? "" : `, tried again after: ${view.error.message}`;
        progress.update(rows_written, rows_total, `${phase}, ${count(rows_written)} rows${eta}${trouble}`);
        // Rows of a step that is repeated are counted again: only more than ever is a move.
        if (phase !== best.phase || rows_written > best.rows)
          Object.assign(best, { phase, rows: Math.max(rows_written, best.rows), at: performance.now() });
        if (performance.now() - best.at > STALLED_AFTER_MS)
          throw new Error(`The export has not moved for a minute (${phase}, ${count(rows_written)} rows${trouble}).`);
      },
    );
  } finally {
    progress.end();
  }
}

/** @returns the digest that both sides have. @throws with the first thing that differs. */
async function check(
  client: Client,
  view: ExportView,
  files: readonly Received[],
  flights: readonly Flight[],
): Promise<string> {
  const [difference] = differences(await client.manifest(view.id), files);
  if (difference !== undefined) throw new Error(`The manifest is wrong. ${difference}`);
  const [source, exported] = await Promise.all([digestOf(nestedRows(flights)), digestOf(rowsOf(files))]);
  if (source.rows !== exported.rows) throw new Error(`${source.rows} rows went in, ${exported.rows} came out.`);
  if (source.sha256 !== exported.sha256) throw new Error("As many rows came out as went in, but not the same ones.");
  return exported.sha256;
}

async function showRows(files: readonly Received[]): Promise<void> {
  console.log(`\n${styleText("bold", "The first rows")}\n`);
  let shown = 0;
  for (const { path } of files)
    for await (const line of linesOf(path)) {
      if (shown >= SHOWN_ROWS) return;
      console.log(`  ${line}`);
      shown += 1;
    }
}

/** @param seconds from the request until the export was completed. @param total the whole demo's. */
function showFigures(files: readonly Received[], seconds: number, total: number): void {
  const sum = (figure: "rows" | "bytes" | "uncompressed_bytes") => files.reduce((all, file) => all + file[figure], 0);
  const [rows, bytes, plain] = [sum("rows"), sum("bytes"), sum("uncompressed_bytes")];
  const figures = [
    ["rows", count(rows)],
    ["size", `${megabytes(bytes)} gzipped, ${megabytes(plain)} plain: ${(plain / bytes).toFixed(1)} times smaller`],
    ["export", `${seconds.toFixed(1)} s, ${count(Math.round(rows / seconds))} rows a second`],
    ["demo", `${total.toFixed(1)} s, all of it`],
  ] as const;
  console.log(`\n${styleText("bold", "The figures")}\n`);
  for (const [name, figure] of figures) console.log(`  ${name.padEnd(8)} ${figure}`);
}

function step(name: string, text: string, seconds: number | null): void {
  const took = seconds === null ? "" : styleText("dim", `  ${seconds.toFixed(1)} s`);
  console.log(`  ${styleText("green", "✓")} ${name.padEnd(9)} ${text}${took}`);
}

/** Seconds. */
function sinceOf(moment: number): number {
  return (performance.now() - moment) / 1000;
}

function count(value: number): string {
  return value.toLocaleString("en");
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
