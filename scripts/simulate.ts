/**
 * `npm run simulate` plays every scenario of scripts/simulate/scenarios: the Worker's own code over virtual time,
 * beside a model of production. It prints what came of each, and ends with 1 where a scenario misses one of its bounds.
 * `npm run simulate -- NAME …` plays these alone. `--window N` takes another CHUNK_WINDOW, `--concurrency QUEUE=N`
 * another `max_concurrency` than wrangler.toml, `--seed N` other random numbers. Scenarios run in processes of their
 * own, as many at the same time as there are cores.
 */

import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { SCENARIOS } from "./simulate/scenarios.ts";

/** Objects live for the milliseconds of one step: a larger young generation collects them at less cost. */
const NODE_OPTIONS = ["--max-semi-space-size=64"];
const PLAY = join(import.meta.dirname, "simulate", "play.ts");

const args = process.argv.slice(2);
const names = new Set(SCENARIOS.map(({ name }) => name));
const chosen = args.filter((arg) => names.has(arg));
const options = args.filter((arg) => !names.has(arg));
const waiting =
  chosen.length > 0 ? chosen : SCENARIOS.filter(({ isCheck }) => isCheck !== true).map(({ name }) => name);

const began = performance.now();
const failed: string[] = [];
const players = Array.from({ length: availableParallelism() }, async () => {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const { code, output } = await play(name);
    console.log(`${output}\n`);
    if (code !== 0) failed.push(name);
  }
});
await Promise.all(players);
const seconds = Math.round((performance.now() - began) / 1_000);
console.log(failed.length === 0 ? `Every bound holds (${seconds} s).` : `Missed: ${failed.join(", ")} (${seconds} s).`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** Plays a scenario in a process of its own. */
function play(name: string): Promise<{ code: number; output: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; output: string }>();
  const child = spawn(process.execPath, [...NODE_OPTIONS, PLAY, name, ...options], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (output += String(piece)));
  child.on("close", (code) => resolve({ code: code ?? 1, output: output.trimEnd() }));
  return promise;
}
