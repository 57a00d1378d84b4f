/**
 * Loads the Worker's entry point, src/index.ts, as it is. What only workerd has is replaced as the modules are loaded:
 * the module `cloudflare:workers`, and SQL files, which are texts. So is the list of datasets, which has the simulated
 * one alone.
 */

import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import type { Batch } from "./queue.ts";

/** The part of the entry point that the platform calls. */
export interface Worker {
  fetch(request: Request, env: unknown, context: ExecutionContext): Promise<Response> | Response;
  queue(batch: Batch, env: unknown, context: ExecutionContext): Promise<void>;
  scheduled(
    controller: { cron: string; scheduledTime: number },
    env: unknown,
    context: ExecutionContext,
  ): Promise<void>;
}

export interface ExecutionContext {
  waitUntil(work: Promise<unknown>): void;
  passThroughOnException(): void;
}

/** The Durable Object of the limits, as the entry point exports it. */
export type LimiterClass = new (
  state: unknown,
  env: unknown,
) => {
  admit(policy: string, limit: number, day: string): unknown;
  clear(): Promise<void>;
};

const ENTRY = new URL("../../src/index.ts", import.meta.url).href;
const DATASETS = new URL("../../src/datasets/index.ts", import.meta.url).href;
const DISPATCH = new URL("../../src/export/pipeline/dispatch.ts", import.meta.url).href;
const SIMULATED_DATASETS = new URL("./dataset.ts", import.meta.url).href;
const DURABLE_OBJECT = "export class DurableObject { constructor(ctx, env) { this.ctx = ctx; this.env = env; } }";
const WINDOW = /\bCHUNK_WINDOW = \d+/;

/** @param window another value of CHUNK_WINDOW; null: the code's. */
export async function loadWorker(window: number | null): Promise<{ worker: Worker; Limiter: LimiterClass }> {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier === "cloudflare:workers")
        return { url: `data:text/javascript,${encodeURIComponent(DURABLE_OBJECT)}`, shortCircuit: true };
      const resolved = nextResolve(specifier, context);
      return resolved.url === DATASETS ? { ...resolved, url: SIMULATED_DATASETS } : resolved;
    },
    load(url, context, nextLoad) {
      if (url.endsWith(".sql"))
        return {
          format: "module",
          source: `export default ${JSON.stringify(readFileSync(fileURLToPath(url), "utf8"))};`,
          shortCircuit: true,
        };
      const loaded = nextLoad(url, context);
      if (url !== DISPATCH || window === null) return loaded;
      const source = Buffer.from(loaded.source as Uint8Array).toString();
      if (!WINDOW.test(source)) throw new Error("dispatch.ts has no CHUNK_WINDOW");
      return { ...loaded, source: source.replace(WINDOW, `CHUNK_WINDOW = ${window}`) };
    },
  });
  const entry = (await import(ENTRY)) as { default: Worker; Limiter: LimiterClass };
  return { worker: entry.default, Limiter: entry.Limiter };
}
