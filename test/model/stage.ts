/**
 * The real service that a history is played on: the app, its databases and its pipeline, and a bucket in memory that a
 * history can make fail. It writes down every call.
 */

import { sweep } from "../support/sweep.ts";
import type { Message } from "../../src/context.ts";
import { Bucket } from "../../src/outbound/s3.ts";
import { deliver, roomyService } from "../support/pipeline.ts";
import { MemoryS3, refusal } from "../support/faults/memory-s3.ts";
import type { Service, Space } from "../support/service.ts";
import { forgetHistories, neighbourOf } from "./neighbour.ts";
import { iso } from "./times.ts";

/** How many exports of a space may be queued or processing. */
export const PENDING_LIMIT = 4;

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

export class Stage {
  readonly service: Service;
  readonly space: Space;
  readonly s3: MemoryS3;
  /** What was called and what happened, a line each. */
  readonly trace: string[];
  /** The bucket answers so many requests, and then fails so many. */
  outage: { after: number; count: number; takesEffect: boolean } | null = null;
  /** Whether a request has failed: exports may fail from then on. */
  failed = false;
  readonly #attempts = new Map<string, number>();

  private constructor(service: Service, space: Space, trace: string[]) {
    this.trace = trace;
    this.service = service;
    this.space = space;
    const address = service.config.bucket;
    this.s3 = new MemoryS3(`${address.endpoint}/${address.name}`);
    service.context.bucket = new Bucket(address, () => Date.now(), this.#answer, "service");
  }

  /** A new space, beside a neighbour. @param now where the clock begins, epoch ms. */
  static async open(
    now: number,
    settings: { timezone: string; retention_days: number },
    chunkRows: number,
    trace: string[],
  ): Promise<Stage> {
    await forgetHistories();
    const service = roomyService({
      LIST_LIMIT: "10000",
      WRITE_LIMIT: "10000",
      API_LIMIT: "10000",
      PENDING_LIMIT: String(PENDING_LIMIT),
    });
    service.now = now;
    service.context.sizes = { ...service.context.sizes, chunkRows };
    const space = await service.space(settings);
    await neighbourOf(service);
    return new Stage(service, space, trace);
  }

  readonly #answer: typeof fetch = async (input, init) => {
    const href = input instanceof Request ? input.url : input.toString();
    const body = init?.body instanceof Uint8Array ? init.body.slice() : new Uint8Array();
    const act = () => this.s3.answer(init?.method ?? "GET", href, new Headers(init?.headers), body);
    const { outage } = this;
    if (outage === null) return act();
    if (outage.after > 0) {
      outage.after -= 1;
      return act();
    }
    this.failed = true;
    outage.count -= 1;
    if (outage.count <= 0) this.outage = null;
    if (outage.takesEffect) act();
    return refusal(503, "SlowDown");
  };

  /** Calls as the space's own key, and writes the call down. */
  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const options = { key: this.space.key, headers, ...(body === undefined ? {} : { body }) };
    const response = await this.service.call(method, path, options);
    const text = await response.text();
    const sent = body === undefined ? "" : ` ${JSON.stringify(body)}`;
    this.note(`${method} ${path}${sent} → ${response.status}${told(response.status, text)}`);
    const isJson = response.headers.get("content-type")?.includes("json") === true && !path.endsWith("/content");
    return { status: response.status, body: isJson && text !== "" ? (JSON.parse(text) as Answer["body"]) : {} };
  }

  note(line: string): void {
    this.trace.push(`${iso(this.service.now)}  ${line}`);
  }

  /** While this works, the bucket answers. */
  async calmly<Value>(work: () => Promise<Value>): Promise<Value> {
    const { outage } = this;
    this.outage = null;
    const value = await work();
    this.outage = outage;
    return value;
  }

  /** Delivers the next message of the queue. @returns the message; null when none waits. */
  async work(): Promise<Message | null> {
    const message = this.service.queue.shift();
    if (message === undefined) return null;
    const key = JSON.stringify(message);
    const attempt = (this.#attempts.get(key) ?? 0) + 1;
    this.#attempts.set(key, attempt);
    const verdict = await deliver(this.service, message, attempt);
    const label = message.step === "chunk" ? `chunk ${message.n}` : message.step;
    this.note(
      `  ${label} of ${message.export_id.slice(0, 8)}${verdict === "ack" ? "" : `: attempt ${attempt} failed`}`,
    );
    if (verdict !== "ack") this.service.queue.push(message);
    return message;
  }

  async sweep(): Promise<void> {
    this.note("sweep");
    await sweep(this.service.context);
  }

  /** The bytes at a presigned URL. @throws when no object is there. */
  object(url: string): Uint8Array {
    const { endpoint, name } = this.service.config.bucket;
    const path = new URL(url).pathname.slice(new URL(`${endpoint}/${name}`).pathname.length + 1);
    const body = this.s3.objects.get(decodeURIComponent(path));
    if (body === undefined) throw new Error(`no object is at ${path}`);
    return body;
  }
}

/** What is worth reading of an answer: a problem, counts, an id. */
function told(status: number, text: string): string {
  if (status >= 400 || text.length < 80) return ` ${text}`;
  const [, id] = /^{"id":"([\w-]+)"/.exec(text) ?? [];
  return id === undefined ? "" : ` ${id}`;
}
