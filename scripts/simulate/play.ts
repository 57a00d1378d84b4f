/** Plays one scenario in this process, and prints its report. Ends with 1 where a bound is missed. */

import { enableCompileCache } from "node:module";
import { parseArgs } from "node:util";
import { Customers } from "./customers.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { Production } from "./production.ts";
import { reportOf } from "./report.ts";
import { startOf, withinBudget } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";
import { loadWorker } from "./worker.ts";
import { readWrangler } from "./wrangler.ts";

// Half of a small scenario's time is the loading of the Worker's modules.
enableCompileCache();

const SEED = 1;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string", default: String(SEED) },
    /** Another CHUNK_WINDOW. */
    window: { type: "string" },
    /** `QUEUE=N`: another max_concurrency. */
    concurrency: { type: "string", multiple: true, default: [] },
  },
});
const { log } = console;
const scenario = SCENARIOS.find(({ name }) => name === positionals[0]);
if (scenario === undefined) throw new Error(`there is no scenario ${positionals[0] ?? ""}`);
const deployed = readWrangler(new URL("../../wrangler.toml", import.meta.url).pathname);
const concurrency = Object.fromEntries(
  values.concurrency.map((pair) => {
    const [queue = "", count] = pair.split("=");
    if (!deployed.consumers.some((consumer) => consumer.queue === queue)) throw new Error(`there is no queue ${queue}`);
    return [queue, Number(count)];
  }),
);
const began = performance.now();
const { worker, Limiter } = await loadWorker(values.window === undefined ? null : Number(values.window));
const outcomes = new Map<string, Outcome>();
for (const part of scenario.parts) {
  const startAt = startOf(part);
  const production = new Production({
    worker,
    Limiter,
    deployed,
    startAt,
    seed: Number(values.seed),
    concurrency: { ...part.concurrency, ...concurrency },
    moreDatabases: part.moreDatabases ?? 0,
  });
  const customers = new Customers(production);
  production.start();
  await production.clock.runUntil(part.play(production, customers));
  production.stop();
  outcomes.set(part.name, outcomeOf(production, customers));
}
const bounds = [...scenario.bounds(outcomes), ...withinBudget(outcomes)];
log(reportOf(scenario, outcomes, bounds));
log(`  simulated in ${((performance.now() - began) / 1_000).toFixed(0)} s`);
process.exitCode = bounds.every(({ value, atMost }) => value <= atMost) ? 0 : 1;
