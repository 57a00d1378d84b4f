/**
 * How long the Worker's own code runs at a cold start, before it can answer: the samples of a CPU profile that wrangler
 * takes of the uploaded bundle, without idle ones. Cloudflare refuses a Worker that needs more than a second.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { wrangler } from "../stack.ts";

/** What a start may take, in ms. */
const TARGET_MS = 400;

/** The part of a CPU profile that says how long each sample took, in µs. */
interface Profile {
  nodes: { id: number; callFrame: { functionName: string } }[];
  samples: number[];
  timeDeltas: number[];
}

/** Of several starts, in ms. Other work on the machine makes a start slower, never faster. */
export interface Starts {
  fastest: number;
  median: number;
  target: number;
}

/** @param directory an empty one. */
export async function measureStarts(runs: number, directory: string): Promise<Starts> {
  const bundle = join(directory, "worker.bundle");
  const profile = join(directory, "start.cpuprofile");
  await wrangler(["deploy", "--dry-run", "--outdir", directory, "--outfile", bundle]);
  const ms: number[] = [];
  for (let n = 1; n <= runs; n += 1) {
    await wrangler(["check", "startup", "--worker", bundle, "--outfile", profile]);
    ms.push(busyMs(JSON.parse(readFileSync(profile, "utf8")) as Profile));
  }
  const sorted = ms.toSorted((a, b) => a - b);
  return { fastest: sorted[0] ?? 0, median: sorted[Math.floor(sorted.length / 2)] ?? 0, target: TARGET_MS };
}

function busyMs({ nodes, samples, timeDeltas }: Profile): number {
  const idle = new Set(nodes.filter(({ callFrame }) => callFrame.functionName === "(idle)").map(({ id }) => id));
  const busy = timeDeltas.filter((_, n) => !idle.has(samples[n] ?? -1));
  return busy.reduce((sum, delta) => sum + delta, 0) / 1_000;
}

export function showStarts({ fastest, median, target }: Starts): string {
  const verdict = fastest < target ? "met" : "missed";
  return `A cold start: ${median.toFixed(0)} ms in the median, ${fastest.toFixed(0)} ms the fastest; target below ${target} ms: ${verdict}.`;
}
