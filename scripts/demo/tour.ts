/**
 * The steps of the demo: load the flights, export them, compare, print the figures. A line for each step that held;
 * throws at one that did not.
 */

import { styleText } from "node:util";
import type { CompletedExport, ExportRequest, Spillway } from "../../client/src/index.ts";
import { airportsOf, createFlightSpace, nestedRows, sendFlights } from "../flight-space.ts";
import { type Flight, readFlights, WEEK } from "../flights.ts";
import { linesOf } from "../lines.ts";
import { openProgress } from "../progress.ts";
import { differences, digestOf, manifestOf, receive, type Received, rowsOf } from "../proof.ts";
import type { TemporaryService } from "./temporary-service.ts";

const STALLED_AFTER_MS = 60_000;
const SHOWN_ROWS = 3;

/** @param started the value of performance.now() when the demo began. @returns the key and the export for `--keep`. */
export async function tour(service: TemporaryService, started: number): Promise<{ key: string; exportId: string }> {
  step("started", `at ${service.origin}: Worker, D1, queues, bucket`, secondsSince(started));

  const flights = await readFlights();
  const { space, client } = await createFlightSpace(service.origin, flights);
  const loading = performance.now();
  await load(client, flights);
  const airports = airportsOf(flights).length;
  step("loaded", `${count(flights.length)} flights as events, ${airports} airports as profiles`, secondsSince(loading));

  const view = await exportThem(client);
  const seconds = (Date.parse(view.completed_at ?? "") - Date.parse(view.created_at)) / 1000;
  step("exported", `${count(view.progress.rows_written)} rows into ${view.files.length} file`, seconds);

  const fetching = performance.now();
  const files = await receive(client, view.id, service.folder);
  step("fetched", "by its presigned link, with its SHA-256 checked on the way", secondsSince(fetching));

  const checking = performance.now();
  const sha256 = await check(client, view, files, flights);
  step("checked", "counts, sizes and SHA-256 equal those of the manifest", null);
  step(
    "compared",
    `every row equals its source row, in order: SHA-256 ${sha256.slice(0, 16)}… on both sides`,
    secondsSince(checking),
  );

  await showRows(files);
  showFigures(files, seconds, secondsSince(started));
  return { key: space.api_key, exportId: view.id };
}

async function load(client: Spillway, flights: readonly Flight[]): Promise<void> {
  const progress = openProgress("loading");
  progress.update(0, flights.length);
  try {
    const { accepted, duplicates } = await sendFlights(client, flights, (sent) => {
      progress.update(sent, flights.length, `${count(sent)} events`);
    });
    if (accepted !== flights.length || duplicates !== 0)
      throw new Error(`Of ${flights.length} flights ${accepted} were accepted and ${duplicates} were duplicates.`);
  } finally {
    progress.end();
  }
}

/** @throws when the export fails, or makes no progress for a minute. */
async function exportThem(client: Spillway): Promise<CompletedExport> {
  const progress = openProgress("exporting");
  const best = { phase: "", rows: 0, at: performance.now() };
  try {
    const request: ExportRequest = {
      dataset: "activity_events",
      ...WEEK,
      event_names: ["flight"],
      row_format: "nested",
      layout: "single",
    };
    return await client.exports.create(request).wait({
      onProgress: (view) => {
        const { phase, rows_written, rows_total, eta_seconds } = view.progress;
        const eta = eta_seconds === null || eta_seconds === 0 ? "" : `, ${eta_seconds} s left`;
        const trouble = view.error === null ? "" : `, retried after the error: ${view.error.message}`;
        progress.update(rows_written, rows_total, `${phase}, ${count(rows_written)} rows${eta}${trouble}`);
        // A retried step counts its rows again: only a new maximum is progress.
        if (phase !== best.phase || rows_written > best.rows)
          Object.assign(best, { phase, rows: Math.max(rows_written, best.rows), at: performance.now() });
        if (performance.now() - best.at > STALLED_AFTER_MS)
          throw new Error(
            `The export has made no progress for a minute (${phase}, ${count(rows_written)} rows${trouble}).`,
          );
      },
    });
  } finally {
    progress.end();
  }
}

/** @returns the digest of both sides. @throws with the first difference. */
async function check(
  client: Spillway,
  view: CompletedExport,
  files: readonly Received[],
  flights: readonly Flight[],
): Promise<string> {
  const [difference] = differences(await manifestOf(client, view.id), files);
  if (difference !== undefined) throw new Error(`The manifest does not match the files: ${difference}`);
  const [source, exported] = await Promise.all([digestOf(nestedRows(flights)), digestOf(rowsOf(files))]);
  if (source.rows !== exported.rows)
    throw new Error(`${source.rows} rows were sent, and the export has ${exported.rows}.`);
  if (source.sha256 !== exported.sha256) throw new Error("The export has as many rows as the source, but other ones.");
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
    ["export", `${seconds.toFixed(1)} s, ${count(Math.round(rows / seconds))} rows per second`],
    ["demo", `${total.toFixed(1)} s in total`],
  ] as const;
  console.log(`\n${styleText("bold", "The figures")}\n`);
  for (const [name, figure] of figures) console.log(`  ${name.padEnd(8)} ${figure}`);
}

function step(name: string, text: string, seconds: number | null): void {
  const took = seconds === null ? "" : styleText("dim", `  ${seconds.toFixed(1)} s`);
  console.log(`  ${styleText("green", "✓")} ${name.padEnd(9)} ${text}${took}`);
}

/**  */
function secondsSince(moment: number): number {
  return (performance.now() - moment) / 1000;
}

function count(value: number): string {
  return value.toLocaleString("en");
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
