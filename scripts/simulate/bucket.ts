/**
 * An S3 bucket behind its REST API: objects, conditional writes, ranges, lists, multipart uploads; with latency, a
 * bandwidth, and 503s. Uploads take the time of the bytes that the simulated rows would have (invocation.ts), not of
 * the few that are really sent.
 */

import type { Clock } from "./clock.ts";
import { type Invocation, notModelled } from "./invocation.ts";
import { tailed } from "./random.ts";

interface StoredObject {
  bytes: Uint8Array;
  /** Bytes that it stands for. */
  represents: number;
}

interface Upload {
  key: string;
  parts: Map<number, StoredObject>;
}

/** Milliseconds to the first byte. */
const LATENCY = { least: 30, more: 30 };
const BYTES_PER_MS = 50_000;

export class SimulatedBucket {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #objects = new Map<string, StoredObject>();
  /** Keys by each prefix that ends with a slash. */
  readonly #byPrefix = new Map<string, Set<string>>();
  readonly #uploads = new Map<string, Upload>();
  #uploadIds = 0;
  isDown = false;
  /** The part of the requests that get 503. */
  unavailableRate = 0;
  /** Requests by what R2 bills: class A writes and lists, class B reads; deletes are free. */
  readonly spent = { classA: 0, classB: 0, refused: 0 };

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  get size(): number {
    return this.#objects.size;
  }

  /**
   * Answers a request. @param path after the bucket's name, without the first slash. @param invocation that sends it.
   */
  async answer(request: Sent, path: string, query: URLSearchParams, invocation: Invocation | null): Promise<Response> {
    const { method } = request;
    if (method === "GET") this.spent.classB += 1;
    else if (method !== "DELETE") this.spent.classA += 1;
    const latency = tailed(this.#random, LATENCY.least, LATENCY.more);
    const isRefused = this.isDown || this.#random() < this.unavailableRate;
    if (isRefused) {
      await this.#clock.wait(latency);
      this.spent.refused += 1;
      return xml(503, "<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>");
    }
    const isWrite = method === "PUT";
    const represents = isWrite ? takePending(invocation) : 0;
    const read = method === "GET" ? this.#objects.get(path) : undefined;
    const bytes = isWrite ? represents + request.body.length : (read?.represents ?? 0) + (read?.bytes.length ?? 0);
    await this.#clock.wait(latency + bytes / BYTES_PER_MS);
    if (read !== undefined && invocation !== null) invocation.pendingBytes += read.represents;
    if (method === "GET") return path === "" ? this.#list(query) : this.#get(path, request.headers);
    if (method === "DELETE") return this.#delete(path, query);
    const object = { bytes: request.body, represents };
    if (method === "POST" && query.has("delete")) return this.#deleteAll(Buffer.from(request.body).toString());
    return isWrite ? this.#put(path, query, request.headers, object) : this.#post(path, query);
  }

  #get(path: string, headers: Headers): Response {
    const found = this.#objects.get(path);
    if (found === undefined) return xml(404, "<Error><Code>NoSuchKey</Code></Error>");
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.get("range") ?? "") ?? [];
    if (from === undefined || to === undefined) return new Response(new Uint8Array(found.bytes));
    return new Response(new Uint8Array(found.bytes.subarray(Number(from), Number(to) + 1)), { status: 206 });
  }

  #list(query: URLSearchParams): Response {
    const prefix = query.get("prefix") ?? "";
    if (query.has("uploads")) {
      const open = [...this.#uploads].filter(([, { key }]) => key.startsWith(prefix));
      const items = open.map(([id, { key }]) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`);
      return xml(200, `<ListMultipartUploadsResult>${items.join("")}</ListMultipartUploadsResult>`);
    }
    if (!prefix.endsWith("/")) notModelled(`list of keys that begin with ${prefix}`);
    const keys = [...(this.#byPrefix.get(prefix) ?? [])].slice(0, 1_000);
    const items = keys.map((key) => `<Contents><Key>${key}</Key></Contents>`);
    return xml(200, `<ListBucketResult>${items.join("")}</ListBucketResult>`);
  }

  #put(path: string, query: URLSearchParams, headers: Headers, object: StoredObject): Response {
    const upload = this.#uploads.get(query.get("uploadId") ?? "");
    const answer = { headers: { etag: `"${object.bytes.length}"` } };
    if (query.has("uploadId")) {
      if (upload === undefined) return xml(404, "<Error><Code>NoSuchUpload</Code></Error>");
      upload.parts.set(Number(query.get("partNumber")), object);
      return new Response(null, answer);
    }
    if (headers.get("if-none-match") === "*" && this.#objects.has(path))
      return xml(412, "<Error><Code>PreconditionFailed</Code></Error>");
    this.#store(path, object);
    return new Response(null, answer);
  }

  #post(path: string, query: URLSearchParams): Response {
    if (query.has("uploads")) {
      this.#uploadIds += 1;
      const id = `upload-${this.#uploadIds}`;
      this.#uploads.set(id, { key: path, parts: new Map() });
      const text = `<UploadId>${id}</UploadId>`;
      return xml(200, `<InitiateMultipartUploadResult>${text}</InitiateMultipartUploadResult>`);
    }
    const id = query.get("uploadId");
    if (id === null) notModelled(`answer of a bucket to POST ?${query.toString()}`);
    const upload = this.#uploads.get(id);
    if (upload === undefined) return xml(404, "<Error><Code>NoSuchUpload</Code></Error>");
    const parts = [...upload.parts].toSorted(([a], [b]) => a - b).map(([, part]) => part);
    this.#uploads.delete(id);
    this.#store(path, {
      bytes: Buffer.concat(parts.map(({ bytes }) => bytes)),
      represents: parts.reduce((sum, part) => sum + part.represents, 0),
    });
    return xml(200, "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>");
  }

  #delete(path: string, query: URLSearchParams): Response {
    if (query.has("uploadId")) this.#uploads.delete(query.get("uploadId") ?? "");
    else this.#remove(path);
    return new Response(null, { status: 204 });
  }

  /** DeleteObjects, in quiet mode: only what failed is listed. */
  #deleteAll(body: string): Response {
    for (const [, key = ""] of body.matchAll(/<Key>([^<]*)<\/Key>/g)) this.#remove(key);
    return xml(200, "<DeleteResult></DeleteResult>");
  }

  #remove(key: string): void {
    if (this.#objects.delete(key)) for (const prefix of prefixesOf(key)) this.#forget(prefix, key);
  }

  #store(key: string, object: StoredObject): void {
    this.#objects.set(key, object);
    for (const prefix of prefixesOf(key)) {
      const keys = this.#byPrefix.get(prefix) ?? new Set();
      this.#byPrefix.set(prefix, keys.add(key));
    }
  }

  #forget(prefix: string, key: string): void {
    const keys = this.#byPrefix.get(prefix);
    keys?.delete(key);
    if (keys?.size === 0) this.#byPrefix.delete(prefix);
  }
}

/** A request as it is sent. */
export interface Sent {
  method: string;
  headers: Headers;
  body: Uint8Array;
}

function takePending(invocation: Invocation | null): number {
  if (invocation === null) return 0;
  const { pendingBytes } = invocation;
  invocation.pendingBytes = 0;
  return pendingBytes;
}

/** `a/b/c` → `a/`, `a/b/`. */
const prefixesOf = (key: string): string[] => [...key.matchAll(/\//g)].map(({ index }) => key.slice(0, index + 1));

const xml = (status: number, text: string): Response =>
  new Response(text, { status, headers: { "content-type": "application/xml" } });
