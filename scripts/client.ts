/**
 * A small HTTP client for Spillway: what the demo, the bench and the live tests call it with. It waits out a rate limit
 * (`Retry-After`) and throws a `CallError`, one plain sentence, for anything else that is not a success. Shapes of
 * answers are in answers.ts; fetching and reading files is in download.ts (`downloadTo`, `linesOf`).
 *
 * createSpace(origin, {name, timezone, retention_days}) → Space      as the operator new Client(origin, key)
 * as a space's key: .call(method, path, body?) → Response      .json<T>(method, path, body?) → T .createKey({name,
 * scopes})                 .define(definition) .putProfiles(profiles)                     .sendEvents(events, {batch,
 * concurrency, onBatch}) → {accepted, duplicates} .putAdObjects({ads, adsets, campaigns, accounts})
 * .sendTouchpoints(touchpoints, {batch, concurrency, onBatch}) → {accepted, duplicates} .createExport(request) →
 * ExportView        .getExport(id) .waitForExport(id, onPoll?) → ExportView   .export(request, onPoll?): both in one;
 * throws unless it completes .manifest(id) → Manifest
 */

import type { Accepted, ExportView, Fault, Manifest, Space } from "./answers.ts";
import { LOCAL_ADMIN_TOKEN } from "./stack.ts";

export interface SendOptions {
  /** Events, or touchpoints, a call: 5,000 at most. */
  batch?: number;
  /** Calls at once. */
  concurrency?: number;
  /** Called after each call with the number of items sent so far, duplicates included. */
  onBatch?: (sent: number) => void;
}

/** Lists of `{id, name}`, with the id of what each is in: `adset_id`, `campaign_id`, `account_id`. */
export type AdObjects = Partial<
  Record<"ads" | "adsets" | "campaigns" | "accounts", readonly Record<string, unknown>[]>
>;

/**
 * A call that did not succeed. `status` is 0 without a complete answer; `faults` is what a problem
 * document lists as `errors`.
 */
export class CallError extends Error {
  readonly status: number;
  readonly code: string;
  readonly faults: readonly Fault[];
  /** What `Retry-After` said; null where the answer has none. */
  readonly retryAfterSeconds: number | null;

  constructor(
    message: string,
    status: number,
    code: string,
    cause?: unknown,
    faults: readonly Fault[] = [],
    retryAfterSeconds: number | null = null,
  ) {
    super(message, { cause });
    this.name = "CallError";
    this.status = status;
    this.code = code;
    this.faults = faults;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const MAX_ITEMS = 5_000;
const MAX_PROFILES = 1_000;
const MAX_WAITS = 5;
const QUICK_POLL_MS = 300;
const DEFAULT_POLL_MS = 2_500;
/** With no more calls left than this, polls are spread over the time until the next one is allowed. */
const FEW_PLACES = 15;

export class Client {
  readonly origin: string;
  readonly #token: string;
  readonly #maxWaits: number;

  /** @param maxWaits how often a call waits out a rate limit before it throws. */
  constructor(origin: string, token: string, { maxWaits = MAX_WAITS } = {}) {
    this.origin = origin;
    this.#token = token;
    this.#maxWaits = maxWaits;
  }

  /** @param body goes as JSON; a string as NDJSON, as it is. @throws CallError for anything but a success. */
  async call(method: string, path: string, body?: unknown): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#token}` };
    const init: RequestInit = { method, headers };
    if (body !== undefined) {
      headers["content-type"] = typeof body === "string" ? "application/x-ndjson" : "application/json";
      init.body = typeof body === "string" ? body : JSON.stringify(body);
    }
    for (let wait = 0; ; wait += 1) {
      const response = await reach(`${method} ${path}`, new URL(path, this.origin), init);
      if (response.ok) return response;
      const error = await callError(`${method} ${path}`, response);
      const seconds = error.retryAfterSeconds;
      if (response.status !== 429 || seconds === null || wait >= this.#maxWaits) throw error;
      await pause(seconds * 1000);
    }
  }

  async json<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    return read(`${method} ${path}`, await this.call(method, path, body));
  }

  createKey(key: { name: string; scopes: readonly string[] }): Promise<{ id: string; key: string }> {
    return this.json("POST", "/v1/api-keys", key);
  }

  /** @param definition `{id, name, properties: [{name, type}]}`. */
  async define(definition: Record<string, unknown>): Promise<void> {
    await this.json("POST", "/v1/event-definitions", definition);
  }

  /** Sends profiles in several calls. */
  async putProfiles(profiles: readonly Record<string, unknown>[]): Promise<void> {
    for (let from = 0; from < profiles.length; from += MAX_PROFILES)
      await this.json("PUT", "/v1/profiles", { profiles: profiles.slice(from, from + MAX_PROFILES) });
  }

  /** Sends events as NDJSON in several calls. @param events are read as needed, never all at once. */
  sendEvents(events: Iterable<Record<string, unknown>>, options: SendOptions = {}): Promise<Accepted> {
    return this.#send("/v1/events", events, options);
  }

  /** Sends touchpoints as NDJSON in several calls. @param touchpoints are read as needed, never all at once. */
  sendTouchpoints(touchpoints: Iterable<Record<string, unknown>>, options: SendOptions = {}): Promise<Accepted> {
    return this.#send("/v1/touchpoints", touchpoints, options);
  }

  /** Sends the levels one after the other, in several calls. */
  async putAdObjects(objects: AdObjects): Promise<void> {
    for (const [level, list] of Object.entries(objects))
      for (let from = 0; from < list.length; from += MAX_ITEMS)
        await this.json("PUT", "/v1/ad-objects", { [level]: list.slice(from, from + MAX_ITEMS) });
  }

  async #send(path: string, items: Iterable<Record<string, unknown>>, options: SendOptions): Promise<Accepted> {
    const { batch = MAX_ITEMS, concurrency = 1, onBatch } = options;
    const totals: Accepted = { accepted: 0, duplicates: 0 };
    const batches = inBatches(items, batch);
    const send = async (): Promise<void> => {
      for (const lines of batches) {
        const { accepted, duplicates } = await this.json<Accepted>("POST", path, lines);
        totals.accepted += accepted;
        totals.duplicates += duplicates;
        onBatch?.(totals.accepted + totals.duplicates);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, send));
    return totals;
  }

  createExport(request: Record<string, unknown>): Promise<ExportView> {
    return this.json("POST", "/v1/exports", request);
  }

  getExport(id: string): Promise<ExportView> {
    return this.json("GET", `/v1/exports/${id}`);
  }

  /** Polls until its state is final, at a pace that the rate limit allows. @param onPoll sees each answer. */
  async waitForExport(id: string, onPoll?: (view: ExportView) => void): Promise<ExportView> {
    for (;;) {
      const response = await this.call("GET", `/v1/exports/${id}`);
      const view = await read<ExportView>("the poll", response);
      onPoll?.(view);
      if (view.status !== "queued" && view.status !== "processing") return view;
      await pause(untilNextPoll(response.headers.get("ratelimit")));
    }
  }

  /** @throws CallError when the export ends in any other way than completed. */
  async export(request: Record<string, unknown>, onPoll?: (view: ExportView) => void): Promise<ExportView> {
    const { id } = await this.createExport(request);
    const view = await this.waitForExport(id, onPoll);
    if (view.status === "completed") return view;
    const why = view.error === null ? "" : `: ${view.error.message} (${view.error.code})`;
    throw new CallError(`The export ended as ${view.status}${why}`, 200, view.error?.code ?? view.status);
  }

  manifest(id: string): Promise<Manifest> {
    return this.json("GET", `/v1/exports/${id}/manifest`);
  }
}

/** Creates a space as the operator; the response has its first key. */
export function createSpace(
  origin: string,
  space: { name: string; timezone: string; retention_days?: number },
  adminToken: string = LOCAL_ADMIN_TOKEN,
): Promise<Space> {
  return new Client(origin, adminToken).json("POST", "/v1/spaces", space);
}

/** NDJSON bodies of `size` items each. One generator serves all senders: each batch goes once. */
function* inBatches(items: Iterable<Record<string, unknown>>, size: number): Generator<string, void> {
  let lines: string[] = [];
  for (const item of items) {
    lines.push(JSON.stringify(item));
    if (lines.length < size) continue;
    yield lines.join("\n");
    lines = [];
  }
  if (lines.length > 0) yield lines.join("\n");
}

/** @param header `"poll";r=4;t=37`: calls left, and seconds until one more is allowed. @returns milliseconds. */
function untilNextPoll(header: string | null): number {
  const [, left, seconds] = /r=(\d+);t=(\d+)/.exec(header ?? "") ?? [];
  if (left === undefined || seconds === undefined) return DEFAULT_POLL_MS;
  return Number(left) > FEW_PLACES ? QUICK_POLL_MS : (Number(seconds) * 1000) / (Number(left) + 1);
}

/** @throws CallError when the service does not answer. @param what the call, for the message. */
export async function reach(what: string, url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (thrown) {
    throw new CallError(`No service answers at ${url.origin} (${what}).`, 0, "unreachable", thrown);
  }
}

async function read<Body>(what: string, response: Response): Promise<Body> {
  try {
    return (await response.json()) as Body;
  } catch (thrown) {
    throw new CallError(`The answer to ${what} is incomplete, or is not JSON.`, 0, "unreadable", thrown);
  }
}

/** Makes a sentence of an error response. */
export async function callError(what: string, response: Response): Promise<CallError> {
  const text = await response.text().catch(() => "");
  let problem: { code?: string; detail?: string; errors?: Fault[] } = {};
  try {
    problem = JSON.parse(text) as typeof problem;
  } catch {
    // Not a problem document: the message has the status only.
  }
  const fault = problem.errors?.[0];
  const where = fault === undefined ? "" : ` ${fault.pointer}: ${fault.detail}`;
  const detail = problem.detail === undefined ? "" : `: ${problem.detail}${where}`;
  const sentence = `${what} answered ${response.status}${detail}`;
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new CallError(
    sentence,
    response.status,
    problem.code ?? "unknown",
    undefined,
    problem.errors,
    retryAfter >= 0 ? retryAfter : null,
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
