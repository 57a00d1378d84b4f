/**
 * An S3 in memory, at the level of HTTP: conditional PUT, ranges, lists, multipart uploads with the rules that real
 * stores have. It remembers every object that was ever written, so that a test can check what never existed.
 */

import { createHash } from "node:crypto";

type Bytes = Uint8Array<ArrayBuffer>;

interface Upload {
  key: string;
  parts: Map<number, { etag: string; body: Bytes }>;
}

export interface Write {
  key: string;
  sha256: string;
  bytes: number;
}

const sha256 = (body: Bytes) => createHash("sha256").update(body).digest("hex");

export class MemoryS3 {
  readonly objects = new Map<string, Bytes>();
  readonly uploads = new Map<string, Upload>();
  /** Every object that was written, in order; a refused or repeated PUT writes none. */
  readonly writes: Write[] = [];
  /** Keys per list. */
  maxKeys = 1_000;
  /** Answers 503 to everything. */
  isDown = false;
  /** How many multipart uploads were begun. */
  uploadsMade = 0;
  readonly #bucket: string;

  /** @param bucket its address: everything below it is a key. */
  constructor(bucket: string) {
    this.#bucket = bucket;
  }

  sha256Of(key: string): string | null {
    const body = this.objects.get(key);
    return body === undefined ? null : sha256(body);
  }

  keysBelow(prefix: string): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).toSorted();
  }

  uploadsBelow(prefix: string): { key: string; uploadId: string }[] {
    return [...this.uploads]
      .filter(([, { key }]) => key.startsWith(prefix))
      .map(([uploadId, { key }]) => ({ key, uploadId }));
  }

  /** Another's object, which was there before. */
  plant(key: string, text: string): void {
    this.objects.set(key, new TextEncoder().encode(text) as Bytes);
  }

  /** As the network reaches it. */
  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const body = new Uint8Array(await request.arrayBuffer());
    return this.answer(request.method, request.url, request.headers, body);
  };

  /** Answers one request. */
  answer(method: string, href: string, headers: Headers, body: Bytes): Response {
    if (this.isDown) return refusal(503, "SlowDown");
    if (!headers.get("authorization")?.startsWith("AWS4-HMAC-SHA256 ")) return refusal(403, "AccessDenied");
    if (headers.get("x-amz-content-sha256") !== sha256(body)) return refusal(400, "XAmzContentSHA256Mismatch");
    if (!href.startsWith(this.#bucket)) return refusal(404, "NoSuchBucket");
    const url = new URL(href);
    const key = url.pathname.slice(new URL(this.#bucket).pathname.length + 1);
    const query = url.searchParams;
    const uploadId = query.get("uploadId");
    if (key === "" && method === "POST") return this.#deleteAll(headers, body);
    if (key === "") return query.has("uploads") ? this.#listUploads(query) : this.#list(query);
    if (method === "PUT" && uploadId !== null) return this.#part(uploadId, Number(query.get("partNumber")), body);
    if (method === "PUT") return this.#put(key, headers, body);
    if (method === "POST" && query.has("uploads")) return this.#create(key);
    if (method === "POST" && uploadId !== null) return this.#complete(key, uploadId, new TextDecoder().decode(body));
    if (method === "DELETE" && uploadId !== null) return this.#abort(uploadId);
    if (method === "DELETE") return this.#delete(key);
    if (method === "GET") return this.#get(key, headers);
    return refusal(405, "MethodNotAllowed");
  }

  #put(key: string, headers: Headers, body: Bytes): Response {
    if (headers.get("if-none-match") === "*" && this.objects.has(key)) return refusal(412, "PreconditionFailed");
    this.#write(key, body);
    return new Response(null, { headers: { etag: `"${sha256(body).slice(0, 32)}"` } });
  }

  #write(key: string, body: Bytes): void {
    const copy = body.slice();
    this.objects.set(key, copy);
    this.writes.push({ key, sha256: sha256(copy), bytes: copy.length });
  }

  #get(key: string, headers: Headers): Response {
    const body = this.objects.get(key);
    if (body === undefined) return refusal(404, "NoSuchKey");
    return partOf(body, headers) ?? refusal(416, "InvalidRange");
  }

  #delete(key: string): Response {
    this.objects.delete(key);
    return new Response(null, { status: 204 });
  }

  #deleteAll(headers: Headers, body: Bytes): Response {
    if (headers.get("content-md5") !== createHash("md5").update(body).digest("base64"))
      return refusal(400, "BadDigest");
    const keys = [...new TextDecoder().decode(body).matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key]) => key ?? "");
    if (keys.length === 0 || keys.length > 1_000) return refusal(400, "MalformedXML");
    for (const key of keys) this.objects.delete(key);
    return xml("<DeleteResult></DeleteResult>");
  }

  #create(key: string): Response {
    this.uploadsMade += 1;
    const uploadId = `upload-${this.uploadsMade}`;
    this.uploads.set(uploadId, { key, parts: new Map() });
    return xml(`<InitiateMultipartUploadResult><UploadId>${uploadId}</UploadId></InitiateMultipartUploadResult>`);
  }

  #part(uploadId: string, number: number, body: Bytes): Response {
    const upload = this.uploads.get(uploadId);
    if (upload === undefined) return refusal(404, "NoSuchUpload");
    const etag = `"${sha256(body).slice(0, 32)}"`;
    upload.parts.set(number, { etag, body: body.slice() });
    return new Response(null, { headers: { etag } });
  }

  #complete(key: string, uploadId: string, list: string): Response {
    const upload = this.uploads.get(uploadId);
    if (upload === undefined || upload.key !== key) return refusal(404, "NoSuchUpload");
    const named = [...list.matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]+)<\/ETag>/g)];
    const parts: Bytes[] = [];
    for (const [place, [, number, etag]] of named.entries()) {
      const part = upload.parts.get(Number(number));
      if (part === undefined || part.etag !== etag?.replaceAll("&quot;", '"')) return refusal(400, "InvalidPart");
      if (Number(number) !== place + 1) return refusal(400, "InvalidPartOrder");
      parts.push(part.body);
    }
    const [first] = parts;
    const last = parts.length - 1;
    // As R2 has it: all but the last of one size, and the last no larger.
    const uneven = parts.some((part, n) =>
      n < last ? part.length !== first?.length : part.length > (first?.length ?? 0),
    );
    if (first === undefined || uneven) return refusal(400, "InvalidPart");
    this.uploads.delete(uploadId);
    this.#write(key, new Uint8Array(Buffer.concat(parts)));
    return xml(`<CompleteMultipartUploadResult><Key>${key}</Key></CompleteMultipartUploadResult>`);
  }

  #abort(uploadId: string): Response {
    return this.uploads.delete(uploadId) ? new Response(null, { status: 204 }) : refusal(404, "NoSuchUpload");
  }

  #list(query: URLSearchParams): Response {
    const keys = this.keysBelow(query.get("prefix") ?? "").slice(0, this.maxKeys);
    return xml(
      `<ListBucketResult>${keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("")}</ListBucketResult>`,
    );
  }

  #listUploads(query: URLSearchParams): Response {
    const found = this.uploadsBelow(query.get("prefix") ?? "");
    const items = found.map((each) => `<Upload><Key>${each.key}</Key><UploadId>${each.uploadId}</UploadId></Upload>`);
    return xml(`<ListMultipartUploadsResult>${items.join("")}</ListMultipartUploadsResult>`);
  }
}

const xml = (text: string, status = 200) =>
  new Response(text, { status, headers: { "content-type": "application/xml" } });

/** A refusal as S3 writes it. */
export function refusal(status: number, code: string): Response {
  return xml(`<Error><Code>${code}</Code></Error>`, status);
}

const etags = new WeakMap<Bytes, string>();

function etagOf(body: Bytes): string {
  const known = etags.get(body) ?? `"${sha256(body).slice(0, 32)}"`;
  etags.set(body, known);
  return known;
}

/** The answer to a GET of an object; null for a range that the object does not have. */
export function partOf(body: Bytes, sent: Headers): Response | null {
  const etag = etagOf(body);
  const [, from, to = ""] = /^bytes=(\d+)-(\d*)$/.exec(sent.get("range") ?? "") ?? [];
  if ((sent.get("if-match") ?? etag) !== etag) return refusal(412, "PreconditionFailed");
  if (from !== undefined && Number(from) >= body.length) return null;
  const part = body.slice(Number(from ?? 0), to === "" ? body.length : Number(to) + 1);
  const headers = { etag, "content-length": String(part.length) };
  return new Response(part, { status: from === undefined ? 200 : 206, headers });
}
