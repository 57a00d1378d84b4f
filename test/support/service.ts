/**
 * The service inside a test: the real app, databases, limiter and bucket; the test moves the clock and pumps the queue.
 * Each test creates its own spaces, so tests share nothing.
 */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { type Config, readConfig } from "../../src/config.ts";
import { HomeCache } from "../../src/db/core/home-cache.ts";
import { openDatabases } from "../../src/db/core/shards.ts";
import { type Context, type MaintenanceMessage, type Message, SIZES, type WebhookMessage } from "../../src/context.ts";
import { runStep, type Verdict } from "../../src/export/pipeline/run.ts";
import { createApp } from "../../src/http/app.ts";
import type { Call } from "../../src/http/route.ts";
import { KeyCache } from "../../src/http/middleware/key-cache.ts";
import { Failures } from "../../src/limiter/failures.ts";
import type { Point } from "../../src/metrics.ts";
import { CustomerBuckets } from "../../src/outbound/customer.ts";
import { Bucket } from "../../src/outbound/s3.ts";
import type { Runtime } from "../../src/runtime.ts";
import type { Used } from "../../src/budget.ts";
import { checkAnswer } from "./answers.ts";
import { SharedBudget } from "./shared-budget.ts";

export const ORIGIN = "https://spillway.test";
export const ADMIN = "test-admin-token-of-32-characters";
/** Where a test's clock begins. */
export const START = Date.parse("2026-03-01T12:00:00.000Z");

/** The real queue has far fewer tries: a step that always asks for a retry ends the pump and the test. */
const MAX_PUMPED_ATTEMPTS = 100;

/** The real network. */
export const reach: typeof fetch = (input, init) => fetch(input, init);

/** A request for everything in the hour before START. */
export const LAST_HOUR = {
  dataset: "activity_events",
  start: new Date(START - 3_600_000).toISOString(),
  end: new Date(START).toISOString(),
};

export interface Space {
  id: string;
  key: string;
  external_id: string;
}

export interface CallOptions {
  key?: string;
  /** A value goes as JSON, a string as it is. */
  body?: unknown;
  /** A body that goes as it is, without a content type of the harness's. */
  raw?: BodyInit;
  headers?: Record<string, string>;
  /** Aborted when the client leaves. */
  signal?: AbortSignal;
}

export class Service {
  /** Epoch ms; tests move it. */
  now = START;
  /**
   * Whether the few rows of a test's file fill a chunk, as those of a large file do. Otherwise small files share one.
   */
  chunkPerFile = true;
  readonly config: Config;
  readonly context: Context;
  /** Of the calls and of the pumped messages. */
  readonly budget = new SharedBudget(() => this.now);
  /** Messages that were sent and not yet pumped. */
  readonly queue: Message[] = [];
  /** Messages that were sent for a later time, epoch ms. They come into the queue when a test moves the clock there. */
  readonly delayed: { message: Message; dueAt: number }[] = [];
  /** Messages for webhook deliveries that were sent. */
  readonly webhooks: { message: WebhookMessage; delaySeconds: number }[] = [];
  /** Messages for slices of the sweep that were sent. */
  readonly maintenance: MaintenanceMessage[] = [];
  /** How customers' stores are reached. */
  customers: typeof fetch = async () => {
    throw new Error("no store is there");
  };
  readonly adminFailures = new Failures();
  readonly keys = new KeyCache();
  /** Data points that were measured. */
  readonly points: Point[] = [];
  /** The real app; a test may mount another API on it before the first call. */
  readonly app: ReturnType<typeof createApp>;

  /** @param vars settings that differ from wrangler.toml's. */
  constructor(vars: Record<string, string> = {}) {
    this.config = readConfig({ ...env, ...vars });
    const runtime: Runtime = {
      now: () => this.now,
      uuid: () => crypto.randomUUID(),
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
      random: () => 0,
    };
    this.context = {
      config: this.config,
      runtime,
      budget: this.budget,
      databases: openDatabases(env, this.budget, null, new HomeCache(() => this.now)),
      // S3 checks the time of a signature: this is the one place that needs the real clock.
      bucket: new Bucket(this.config.bucket, () => Date.now(), reach, "service"),
      // Customers' buckets exist only where a test sets them up.
      customers: new CustomerBuckets(this.config, {
        now: () => this.now,
        fetch: (input, init) => this.customers(input, init),
        resolve: (name) => this.context.resolve(name),
      }),
      sizes: SIZES,
      send: async (messages, delaySeconds = 0) => {
        const sent = messages.map((message) => structuredClone(message));
        if (delaySeconds === 0) this.queue.push(...sent);
        else this.delayed.push(...sent.map((message) => ({ message, dueAt: this.now + delaySeconds * 1_000 })));
      },
      sendWebhook: async (message, delaySeconds) => {
        this.webhooks.push({ message: structuredClone(message), delaySeconds });
      },
      sendMaintenance: async (messages) => {
        this.maintenance.push(...messages.map((message) => structuredClone(message)));
      },
      // No host is reachable unless a test sets one up.
      fetch: async () => {
        throw new Error("no host is reachable");
      },
      resolve: async () => {
        throw new Error("no name is known");
      },
      measure: (point) => void this.points.push(point),
    };
    const begin = (request: Request, _env: Env, ctx: ExecutionContext): Omit<Call, "serve"> => ({
      request,
      url: new URL(request.url),
      requestId: crypto.randomUUID(),
      config: this.config,
      runtime,
      databases: this.context.databases,
      context: this.context,
      limiter: env.LIMITER,
      adminFailures: this.adminFailures,
      keys: this.keys,
      assets: env.ASSETS,
      waitUntil: (work) => ctx.waitUntil(work),
      notes: {},
    });
    this.app = createApp(begin, this.config.dialects);
  }

  async call(method: string, path: string, options: CallOptions = {}): Promise<Response> {
    const headers = new Headers(options.headers);
    if (options.key !== undefined) headers.set("authorization", `Bearer ${options.key}`);
    const init: RequestInit = { method, headers };
    if (options.body !== undefined) {
      if (!headers.has("content-type")) headers.set("content-type", "application/json");
      init.body = typeof options.body === "string" ? options.body : JSON.stringify(options.body);
    }
    if (options.raw !== undefined) init.body = options.raw;
    if (options.signal !== undefined) init.signal = options.signal;
    const pending: Promise<unknown>[] = [];
    const ctx = {
      waitUntil: (work: Promise<unknown>) => void pending.push(work),
      passThroughOnException() {},
      props: {},
    };
    const request = new Request(`${ORIGIN}${path}`, init);
    const response = await this.budget.invoke(async () => this.app.fetch(request, env, ctx));
    // A stream that is written in the background must be read while it is.
    void Promise.allSettled(pending);
    await checkAnswer(method, path, response);
    return response;
  }

  /** Calls and reads the answer. @throws with the problem when the status is another. */
  async json<Body>(method: string, path: string, status: number, options: CallOptions = {}): Promise<Body> {
    const response = await this.call(method, path, options);
    const text = await response.text();
    if (response.status !== status)
      throw new Error(`${method} ${path}: ${response.status} instead of ${status}: ${text.slice(0, 500)}`);
    return (text === "" ? undefined : JSON.parse(text)) as Body;
  }

  /** Makes a call that validation must reject. @returns the pointers of its errors. */
  async faults(method: string, path: string, options: CallOptions): Promise<string[]> {
    const problem = await this.json<ProblemView>(method, path, 422, options);
    return (problem.errors ?? []).map((fault) => fault.pointer);
  }

  /** A new key of the space that has these scopes alone. */
  async keyWith(space: Space, scopes: readonly string[]): Promise<string> {
    const body = { name: "narrow", scopes };
    return (await this.json<{ key: string }>("POST", "/v1/api-keys", 201, { key: space.key, body })).key;
  }

  /** From here on the space's limiter uses this service's clock, until it is evicted. */
  async followClock(space: Space): Promise<void> {
    const stub = env.LIMITER.get(env.LIMITER.idFromName(space.id));
    await runInDurableObject(stub, (limiter) => void Object.assign(limiter, { now: () => this.now }));
  }

  async space(more: Record<string, unknown> = {}): Promise<Space> {
    const created = await this.json<{ id: string; api_key: string; external_id: string }>("POST", "/v1/spaces", 201, {
      key: ADMIN,
      body: { name: "Shop", timezone: "Europe/London", ...more },
    });
    return { id: created.id, key: created.api_key, external_id: created.external_id };
  }

  /** A space with a definition `order_placed {order_id: text, amount: number}` and a profile `p-1` (`CRM-1`). */
  async shop(more: Record<string, unknown> = {}): Promise<Space> {
    const space = await this.space(more);
    await this.json("POST", "/v1/event-definitions", 201, {
      key: space.key,
      body: {
        id: "order_placed",
        name: "Order placed",
        properties: [
          { name: "order_id", type: "text" },
          { name: "amount", type: "number" },
        ],
      },
    });
    await this.json("PUT", "/v1/profiles", 200, {
      key: space.key,
      body: { profiles: [{ person_id: "p-1", external_person_id: "CRM-1" }] },
    });
    return space;
  }

  /** Sends events, as many calls as it takes. */
  async send(space: Space, events: readonly Record<string, unknown>[]): Promise<void> {
    for (let from = 0; from < events.length; from += 5_000)
      await this.json("POST", "/v1/events", 202, {
        key: space.key,
        body: { events: events.slice(from, from + 5_000) },
      });
  }

  /** Creates an export, by default of everything in the hour before now. @returns its id. */
  async ask(space: Space, request: Record<string, unknown> = {}): Promise<string> {
    const body = {
      dataset: "activity_events",
      start: new Date(this.now - 3_600_000).toISOString(),
      end: new Date(this.now).toISOString(),
      ...request,
    };
    const { sizes } = this.context;
    const { file_rows: fileRows } = request;
    if (this.chunkPerFile && typeof fileRows === "number")
      this.context.sizes = { ...sizes, chunkRows: Math.min(sizes.chunkRows, fileRows) };
    try {
      return (await this.json<{ id: string }>("POST", "/v1/exports", 202, { key: space.key, body })).id;
    } finally {
      this.context.sizes = sizes;
    }
  }

  /** Works on messages, in the order they were sent, until none is left. A retry goes to the back at once. */
  async pump(): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    this.#comeDue();
    const attempts = new Map<string, number>();
    for (let message = this.queue.shift(); message !== undefined; message = this.queue.shift()) {
      const key = JSON.stringify(message);
      const attempt = (attempts.get(key) ?? 0) + 1;
      const next = message;
      const verdict = await this.budget.invoke(() => runStep(this.context, next, attempt));
      verdicts.push(verdict);
      if (verdict === "ack") continue;
      if (attempt === MAX_PUMPED_ATTEMPTS) throw new Error(`${key} asks for a retry after ${attempt} attempts`);
      attempts.set(key, attempt);
      this.queue.push(message);
    }
    return verdicts;
  }

  /** Moves the delayed messages that are due into the queue. */
  #comeDue(): void {
    for (const { message, dueAt } of this.delayed.splice(0))
      if (dueAt <= this.now) this.queue.push(message);
      else this.delayed.push({ message, dueAt });
  }

  async poll(space: Space, exportId: string): Promise<ExportView> {
    return this.json<ExportView>("GET", `/v1/exports/${exportId}`, 200, { key: space.key });
  }

  /** Asks, pumps, polls. */
  async export(space: Space, request: Record<string, unknown> = {}): Promise<ExportView> {
    const id = await this.ask(space, request);
    await this.pump();
    return this.poll(space, id);
  }

  /** What all calls and messages have used. */
  get meter(): Used {
    return this.budget.total;
  }

  /** The stored bytes of a file, by its presigned URL. */
  async fetchFile(file: { url: string }): Promise<Uint8Array<ArrayBuffer>> {
    const response = await fetch(file.url);
    if (!response.ok) throw new Error(`the bucket answered ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  }
}

/** A problem document as a client reads it. */
export interface ProblemView {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  errors?: { pointer: string; detail: string }[];
  request_id: string;
}

export interface ExportView {
  id: string;
  status: string;
  expires_at: string | null;
  message: string | null;
  error: { code: string; owner: string } | null;
  next_retry_at: string | null;
  progress: {
    phase: string;
    rows_written: number;
    rows_total: number | null;
    files_written: number;
    files_total: number | null;
    percent: number | null;
    bytes_written: number;
  };
  request: Record<string, unknown>;
  files: { name: string; rows: number; bytes: number; uncompressed_bytes: number; sha256: string; url: string }[];
  download_url: string | null;
  url_expires_at: string | null;
  manifest_url: string | null;
}

/** `count` events of `p-1`, one a millisecond from `from` on, ids in the order of time. */
export function orders(count: number, from = START - 3_000_000): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `e-${String(n).padStart(7, "0")}`,
    definition_id: "order_placed",
    person_id: "p-1",
    occurred_at: new Date(from + n).toISOString(),
    properties: { order_id: `A-${n}`, amount: n / 4 },
  }));
}
