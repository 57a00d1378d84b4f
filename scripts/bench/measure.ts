/** Measures one export of the service, and computes the digest of its lines. */

import { createHash } from "node:crypto";
import { createReadStream, rmSync } from "node:fs";
import { type Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { CompletedExport, Export, ExportRequest, Spillway } from "../../client/src/index.ts";
import { downloadTo } from "../../client/src/node/index.ts";
import { END, START } from "./events.ts";
import { pause, type Service, untilCompleted, type Work } from "./service.ts";

/** The cost of a run, of the service or of the baseline. Null: not measured, or without a meaning there. */
export interface Run {
  /** Of the service: from sending the POST to the answer of the poll that reports completed. */
  wall_ms: number;
  /** Of the service: from created_at to completed_at. */
  service_ms: number | null;
  cpu_ms: number | null;
  /** Of workerd. */
  peak_bytes: number | null;
  bytes: number;
  uncompressed_bytes: number;
  /** Null where no queue and no D1 is in use. */
  work: Work | null;
}

/** What the benchmark asks for. */
export type EventsRequest = Extract<ExportRequest, { dataset: "activity_events" }>;

/** Earlier work must end first, so that it is not counted. */
const REST_MS = 1_000;

/** @param asked beside the dataset and the window. @param share of the whole window, from its start. */
export function request(asked: Partial<EventsRequest>, share = 1): ExportRequest {
  return {
    dataset: "activity_events",
    start: new Date(START).toISOString(),
    end: new Date(START + Math.floor((END - START) * share)).toISOString(),
    ...asked,
  };
}

/** @throws when the export fails or has another number of rows. */
export async function measureExport(
  service: Service,
  client: Spillway,
  asked: ExportRequest,
  rows: number,
): Promise<{ run: Run; view: CompletedExport; pollsMs: number[] }> {
  await pause(REST_MS);
  const mark = service.log.mark();
  const pollsMs: number[] = [];
  service.workerd.resetPeak();
  const cpuBefore = service.workerd.cpuMs();
  const begin = performance.now();
  const { id } = await client.exports.create(asked);
  const view = await untilCompleted(client, id, (ms) => pollsMs.push(ms));
  const wall = performance.now() - begin;
  const cpuAfter = service.workerd.cpuMs();
  const peak = service.workerd.peakBytes();
  const work = await service.log.workOf(id, mark);
  const sum = (of: (file: Export["files"][number]) => number) =>
    view.files.reduce((total, file) => total + of(file), 0);
  const got = sum((file) => file.rows);
  if (got !== rows) throw new Error(`The export has ${got} rows instead of ${rows}.`);
  const run: Run = {
    wall_ms: wall,
    service_ms: Date.parse(view.completed_at ?? "") - Date.parse(view.created_at),
    cpu_ms: cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore,
    peak_bytes: peak,
    bytes: sum((file) => file.bytes),
    uncompressed_bytes: sum((file) => file.uncompressed_bytes),
    work,
  };
  return { run, view, pollsMs };
}

/** Uncompressed lines: their SHA-256 in hex, and their length. */
export interface Lines {
  sha256: string;
  bytes: number;
}

/**
 * Downloads the files, and reads them in their order. @param decompress makes a stream for each file.
 * @throws when a file is not the one that the manifest has.
 */
export async function linesOfExport(
  client: Spillway,
  id: string,
  scratch: string,
  decompress: () => Transform,
): Promise<Lines> {
  const sum = new LineSum();
  for (const { path } of await downloadTo(client, id, scratch)) {
    await sum.add(path, decompress());
    rmSync(path);
  }
  return sum.end();
}

/** Digest and size of the content of compressed files. */
export class LineSum {
  readonly #hash = createHash("sha256");
  #bytes = 0;

  /** @throws when the file is not complete. */
  async add(file: string, decompress: Transform): Promise<void> {
    const sink = new Writable({
      write: (piece: Uint8Array, _encoding, done) => {
        this.#hash.update(piece);
        this.#bytes += piece.length;
        done();
      },
    });
    await pipeline(createReadStream(file), decompress, sink);
  }

  end(): Lines {
    return { sha256: this.#hash.digest("hex"), bytes: this.#bytes };
  }
}

/** The run in the middle, by CPU time; by wall time where CPU time is not known. */
export function medianOf(runs: readonly Run[]): Run {
  const cost = ({ cpu_ms, wall_ms }: Run) => cpu_ms ?? wall_ms;
  const median = runs.toSorted((a, b) => cost(a) - cost(b))[Math.floor(runs.length / 2)];
  if (median === undefined) throw new Error("No run was measured.");
  return median;
}
