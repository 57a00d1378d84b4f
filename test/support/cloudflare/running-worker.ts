/**
 * A deployed Worker, run: the uploaded code in workerd, with the bindings and secrets that were uploaded with it, and
 * with databases that have had the same migrations. Only the bucket is elsewhere: R2's S3 endpoint is workerd's own.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, NoOpLog, Response, type V4MiniflareOptions } from "miniflare";
import { freePort } from "../../../scripts/stack.ts";
import type { Account, Binding, Database, Version, Worker } from "./state.ts";

const S3_PATH = "/cdn-cgi/local/r2/s3";
const MODULE_TYPES: Record<string, "ESModule" | "Text" | "Data" | "CompiledWasm"> = {
  "application/javascript+module": "ESModule",
  "application/wasm": "CompiledWasm",
  "text/plain": "Text",
  "application/octet-stream": "Data",
};

export class RunningWorker {
  readonly #account: Account;
  readonly #worker: Worker;
  readonly #folder = mkdtempSync(join(tmpdir(), "spillway-deployed-"));
  /** How many changes of a database the running copy has. */
  readonly #copied = new Map<Database, number>();
  #running: { miniflare: Miniflare; version: string; port: number } | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(account: Account, worker: Worker) {
    this.#account = account;
    this.#worker = worker;
  }

  /** @returns where a version answers, once it does. One version runs at a time: another one is stopped for it. */
  origin(version: Version): Promise<string> {
    const turn = this.#turn.then(() => this.#start(version));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#running?.miniflare.dispose();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #start(version: Version): Promise<string> {
    if (this.#running?.version !== version.id) {
      const port = this.#running?.port ?? (await freePort());
      const options = convertV4MiniflareOptions(this.#options(version, port));
      const miniflare = this.#running?.miniflare ?? new Miniflare(options);
      if (this.#running !== null) await miniflare.setOptions(options);
      await miniflare.ready;
      this.#running = { miniflare, version: version.id, port };
    }
    const { miniflare, port } = this.#running;
    for (const binding of version.bindings) if (binding.type === "d1") await this.#copy(miniflare, binding);
    return `http://127.0.0.1:${port}`;
  }

  async #copy(miniflare: Miniflare, { name, ...binding }: Binding): Promise<void> {
    const database = this.#account.databases.find(({ uuid }) => uuid === binding["id"]);
    const from = database === undefined ? 0 : (this.#copied.get(database) ?? 0);
    const changes = database?.log.slice(from) ?? [];
    if (database === undefined || changes.length === 0) return;
    const copy = await miniflare.getD1Database(name);
    await copy.batch(changes.map(({ sql, params }) => copy.prepare(sql).bind(...params)));
    this.#copied.set(database, from + changes.length);
  }

  #options(version: Version, port: number): V4MiniflareOptions {
    const of = (type: string) => version.bindings.filter((binding) => binding.type === type);
    const named = <T>(type: string, value: (binding: Binding) => T) =>
      Object.fromEntries(of(type).map((binding) => [binding.name, value(binding)]));
    const texts = { ...named("plain_text", textOf), ...named("secret_text", textOf) };
    return {
      host: "127.0.0.1",
      port,
      cf: false,
      log: new NoOpLog(),
      handleStructuredLogs: () => {},
      resourcePersistencePath: join(this.#folder, "state"),
      modules: [...version.modules]
        .filter(([, { type }]) => type !== "application/source-map")
        .toSorted(([name]) => (name === version.mainModule ? -1 : 1))
        .map(([path, { type, content }]) => ({ type: MODULE_TYPES[type] ?? "Data", path, contents: content })),
      compatibilityDate: version.runtime.compatibility_date ?? "2026-11-01",
      compatibilityFlags: [...version.runtime.compatibility_flags],
      bindings: { ...texts, BUCKET_ENDPOINT: `https://127.0.0.1:${port}${S3_PATH}` },
      d1Databases: named("d1", (binding) => String(binding["id"])),
      queueProducers: named("queue", (binding) => ({ queueName: String(binding["queue_name"]) })),
      queueConsumers: this.#consumers(),
      durableObjects: named("durable_object_namespace", (binding) => ({
        className: String(binding["class_name"]),
        useSQLite: true,
      })),
      // Reached through S3 alone: the Worker knows nothing of this binding.
      r2Buckets: { R2: { id: texts["BUCKET_NAME"] ?? "", s3Credentials: this.#account.bucketKeys } },
      analyticsEngineDatasets: named("analytics_engine", (binding) => ({ dataset: String(binding["dataset"]) })),
      ...this.#assets(version, of("assets")[0]?.name),
      // The certificate of the bucket's endpoint is the one thing that workerd lacks here.
      outboundService: async (request) => {
        const url = request.url.replace(`https://127.0.0.1:${port}/`, `http://127.0.0.1:${port}/`);
        const body = request.body === null ? null : await request.arrayBuffer();
        const answer = await fetch(url, { method: request.method, headers: [...request.headers], body });
        return new Response(await answer.arrayBuffer(), { status: answer.status, headers: [...answer.headers] });
      },
    };
  }

  #consumers() {
    const own = this.#account.queues.flatMap(({ queue_name, consumers }) =>
      consumers.filter(({ script }) => script === this.#worker.name).map((consumer) => ({ queue_name, ...consumer })),
    );
    return Object.fromEntries(
      own.map(({ queue_name, dead_letter_queue, settings }) => [
        queue_name,
        {
          maxBatchSize: Number(settings["batch_size"] ?? 10),
          maxBatchTimeout: Number(settings["max_wait_time_ms"] ?? 5_000) / 1_000,
          maxRetries: Number(settings["max_retries"] ?? 3),
          ...(dead_letter_queue === undefined ? {} : { deadLetterQueue: dead_letter_queue }),
        },
      ]),
    );
  }

  #assets(version: Version, binding: string | undefined) {
    if (version.assets === null) return {};
    const directory = join(this.#folder, version.id);
    mkdirSync(directory, { recursive: true });
    for (const [path, hash] of version.assets.files) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), this.#account.files.get(hash) ?? "");
    }
    return {
      assets: {
        directory,
        ...(binding === undefined ? {} : { binding }),
        routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
        assetConfig: { html_handling: "none" as const },
      },
    };
  }
}

function textOf(binding: Binding): string {
  return typeof binding["text"] === "string" ? binding["text"] : "";
}
