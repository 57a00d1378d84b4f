/**
 * A strict S3 and STS for tests, in memory. Each request's Signature Version 4 is computed independently with
 * node:crypto, by the steps of AWS's own description, and not by the service's library; session tokens, times and
 * policies are checked too.
 */

import { createHash, createHmac } from "node:crypto";
import { partOf } from "./faults/memory-s3.ts";

const IDENTITY = { accessKeyId: "AKIASPILLWAY00000001", secretAccessKey: "spillway-own-secret/+0123456789abcdefgh" };
export const PRINCIPAL = "arn:aws:iam::210987654321:user/spillway";
export const ROLE = "arn:aws:iam::123456789012:role/spillway-export";
export const KEYS = {
  access_key_id: "AKIACUSTOMER00000001",
  secret_access_key: "customers-secret/+0123456789abcdefghij",
};
/** Settings with which roles can be assumed. */
export const AWS_VARS = {
  AWS_ACCESS_KEY_ID: IDENTITY.accessKeyId,
  AWS_SECRET_ACCESS_KEY: IDENTITY.secretAccessKey,
  AWS_PRINCIPAL_ARN: PRINCIPAL,
};

export interface Seen {
  method: string;
  url: URL;
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
  /** Of the credentials that signed it. */
  accessKeyId: string;
}

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: string;
}

interface Session {
  secretAccessKey: string;
  sessionToken: string;
  policy: { Statement: Statement[] };
  endsAt: number;
}

interface Held {
  body: Uint8Array<ArrayBuffer>;
  headers: Headers;
}

const sha256 = (body: Uint8Array | string) => createHash("sha256").update(body).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
const encode = (text: string) =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

export class FakeAws {
  readonly bucket: string;
  readonly region: string;
  /** External ids that the role accepts; null: any, and none. */
  trusted: Set<string> | null = new Set();
  /** Every request that was signed well, in order. */
  readonly seen: Seen[] = [];
  readonly sts: { params: URLSearchParams; host: string }[] = [];
  readonly objects = new Map<string, Held>();
  readonly uploads = new Map<string, { key: string; parts: Map<number, Uint8Array<ArrayBuffer>>; headers: Headers }>();
  /** Secrets that no output may have. */
  readonly secrets: string[] = [IDENTITY.secretAccessKey, KEYS.secret_access_key];
  /** Asked before the store: a response replaces the store's. */
  instead: (seen: Seen) => Response | null = () => null;
  /** What the store does with `If-None-Match`. */
  conditional: "keeps" | "refuses" | "ignores" = "keeps";
  /** Whether the store encrypts as requested. `quietly`: it reports the encryption only with a GET. */
  encrypts: boolean | "quietly" = true;
  /** Whether the role, or the key, may list the bucket; a session's policy must allow it too. */
  mayList = false;
  now: () => number = () => Date.now();
  readonly #sessions = new Map<string, Session>();

  constructor(bucket = "acme-exports", region = "eu-central-1") {
    this.bucket = bucket;
    this.region = region;
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const body = new Uint8Array(await request.arrayBuffer());
    const url = new URL(request.url);
    const service = url.hostname.startsWith("sts.") ? "sts" : "s3";
    const { headers, method } = request;
    const signed = this.#whoSigned({ method, url, headers, body, accessKeyId: "" }, service);
    if (signed instanceof Response) return signed;
    const seen = { method, url, headers, body, accessKeyId: signed };
    const other = this.instead(seen);
    if (other !== null) return other;
    if (service === "sts") return this.#assume(seen);
    this.seen.push(seen);
    return this.#s3(seen);
  };

  /** Stores an object of another writer, from before the export. */
  plant(key: string, text: string): void {
    this.objects.set(key, { body: new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>, headers: new Headers() });
  }

  text(key: string): string {
    return new TextDecoder().decode(this.objects.get(key)?.body);
  }

  /** @returns the access key id of the signature, or the error response. */
  #whoSigned({ method, url, headers, body }: Seen, service: string): string | Response {
    const refuse = (code: string) => s3Error(403, code);
    const [, id = "", date, region, of, names = "", signature] =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/(\w+)\/aws4_request, SignedHeaders=([^,]+), Signature=(\w{64})$/.exec(
        headers.get("authorization") ?? "",
      ) ?? [];
    if (signature === undefined || of !== service) return refuse("AccessDenied");
    if (service === "s3" && region !== this.region) {
      const xml = `<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message><Region>${this.region}</Region></Error>`;
      return new Response(xml, { status: 400 });
    }
    const session = this.#sessions.get(id);
    const known: Record<string, string> = {
      [IDENTITY.accessKeyId]: IDENTITY.secretAccessKey,
      [KEYS.access_key_id]: KEYS.secret_access_key,
    };
    const secret = session?.secretAccessKey ?? known[id];
    if (secret === undefined) return refuse("InvalidAccessKeyId");
    const stamp = headers.get("x-amz-date") ?? "";
    const hash = sha256(body);
    if (service === "s3" && headers.get("x-amz-content-sha256") !== hash)
      return s3Error(400, "XAmzContentSHA256Mismatch");
    const query = [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).toSorted();
    const canonical = [
      method,
      decodeURIComponent(url.pathname).split("/").map(encode).join("/"),
      query.join("&"),
      ...names.split(";").map((name) => `${name}:${name === "host" ? url.host : headers.get(name)}`),
      "",
      names,
      hash,
    ].join("\n");
    for (const [name] of headers)
      if (name.startsWith("x-amz-") && !names.split(";").includes(name)) return refuse("AccessDenied");
    const scope = `${date}/${region}/${service}/aws4_request`;
    const key = ["aws4_request"].reduce(hmac, hmac(hmac(hmac(`AWS4${secret}`, date ?? ""), region ?? ""), service));
    const expected = hmac(key, ["AWS4-HMAC-SHA256", stamp, scope, sha256(canonical)].join("\n")).toString("hex");
    if (expected !== signature) return refuse("SignatureDoesNotMatch");
    if (session !== undefined && headers.get("x-amz-security-token") !== session.sessionToken)
      return refuse("InvalidToken");
    if (session !== undefined && session.endsAt <= this.now()) return s3Error(400, "ExpiredToken");
    return id;
  }

  #assume(seen: Seen): Response {
    const params = new URLSearchParams(new TextDecoder().decode(seen.body));
    this.sts.push({ params, host: seen.url.host });
    const deny = () =>
      new Response(
        "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>",
        { status: 403 },
      );
    if (seen.accessKeyId !== IDENTITY.accessKeyId || params.get("RoleArn") !== ROLE) return deny();
    if (this.trusted !== null && !this.trusted.has(params.get("ExternalId") ?? "")) return deny();
    const n = this.sts.length;
    const id = `ASIASESSION${String(n).padStart(9, "0")}`;
    const session: Session = {
      secretAccessKey: `session-secret-${n}-${crypto.randomUUID()}`,
      sessionToken: `session-token-${n}-${crypto.randomUUID()}==`,
      policy: JSON.parse(params.get("Policy") ?? "{}") as Session["policy"],
      endsAt: this.now() + Number(params.get("DurationSeconds")) * 1000,
    };
    this.#sessions.set(id, session);
    this.secrets.push(session.secretAccessKey, session.sessionToken);
    return new Response(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
      <Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${session.secretAccessKey}</SecretAccessKey>
      <SessionToken>${session.sessionToken}</SessionToken><Expiration>${new Date(session.endsAt).toISOString()}</Expiration></Credentials>
      </AssumeRoleResult></AssumeRoleResponse>`);
  }

  /** @param key null: the bucket itself. */
  #allows(id: string, action: string, key: string | null): boolean {
    const session = this.#sessions.get(id);
    if (session === undefined) return true;
    return session.policy.Statement.some(({ Action, Resource }) => {
      const prefix = Resource.replace(/\*$/, "");
      const object = `arn:aws:s3:::${this.bucket}${key === null ? "" : `/${key}`}`;
      const fits = Resource.endsWith("*") ? object.startsWith(prefix) : object === Resource;
      return fits && [Action].flat().includes(action);
    });
  }

  /** The key that a request is about, path style or with the bucket as host; null for another bucket. */
  #keyOf(url: URL): string | null {
    const path = decodeURIComponent(url.pathname.slice(1));
    if (url.hostname.startsWith(`${this.bucket}.`)) return path;
    return path.startsWith(`${this.bucket}/`) ? path.slice(this.bucket.length + 1) : null;
  }

  #s3(seen: Seen): Response {
    const { method, url, headers, body, accessKeyId } = seen;
    const key = this.#keyOf(url);
    if (key === null) return s3Error(404, "NoSuchBucket");
    const upload = url.searchParams.get("uploadId");
    const action =
      method === "GET"
        ? "s3:GetObject"
        : method === "DELETE"
          ? upload === null
            ? "s3:DeleteObject"
            : "s3:AbortMultipartUpload"
          : "s3:PutObject";
    if (!this.#allows(accessKeyId, action, key)) return s3Error(403, "AccessDenied");
    if (headers.has("if-none-match") && this.conditional !== "ignores") {
      if (this.conditional === "refuses") return s3Error(501, "NotImplemented");
      if (this.objects.has(key)) return s3Error(412, "PreconditionFailed");
    }
    if (method === "GET")
      return this.#get(key, headers, this.mayList && this.#allows(accessKeyId, "s3:ListBucket", null));
    if (method === "DELETE") {
      if (upload === null) this.objects.delete(key);
      else this.uploads.delete(upload);
      return new Response(null, { status: 204 });
    }
    if (method === "POST") return upload === null ? this.#begin(key, headers) : this.#complete(upload);
    if (upload !== null) {
      this.uploads.get(upload)?.parts.set(Number(url.searchParams.get("partNumber")), body);
      return new Response(null, { headers: { etag: `"${sha256(body).slice(0, 32)}"` } });
    }
    this.objects.set(key, { body, headers });
    return new Response(null, { headers: this.#confirms(headers) });
  }

  #get(key: string, sent: Headers, mayList: boolean): Response {
    const held = this.objects.get(key);
    // Without the permission to list, a store does not reveal that an object is missing.
    if (held === undefined) return mayList ? s3Error(404, "NoSuchKey") : s3Error(403, "AccessDenied");
    const answer = partOf(held.body, sent) ?? s3Error(416, "InvalidRange");
    for (const [name, value] of Object.entries(this.encrypts === false ? {} : encryptionOf(held.headers)))
      answer.headers.set(name, value);
    return answer;
  }

  #confirms(headers: Headers): Record<string, string> {
    return this.encrypts === true ? encryptionOf(headers) : {};
  }

  #begin(key: string, headers: Headers): Response {
    const id = crypto.randomUUID();
    this.uploads.set(id, { key, parts: new Map(), headers });
    return new Response(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`, {
      headers: this.#confirms(headers),
    });
  }

  #complete(id: string): Response {
    const upload = this.uploads.get(id);
    if (upload === undefined) return s3Error(404, "NoSuchUpload");
    const parts = [...upload.parts].toSorted(([a], [b]) => a - b).map(([, part]) => part);
    this.objects.set(upload.key, { body: new Uint8Array(Buffer.concat(parts)), headers: upload.headers });
    this.uploads.delete(id);
    return new Response("<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>");
  }
}

function encryptionOf(headers: Headers): Record<string, string> {
  const sse = headers.get("x-amz-server-side-encryption");
  return sse === null ? {} : { "x-amz-server-side-encryption": sse };
}

/** An error response as S3 words it. */
export function s3Error(
  status: number,
  code: string,
  { message = `${code} occurred`, headers = {} }: { message?: string; headers?: Record<string, string> } = {},
): Response {
  const xml = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return new Response(xml, { status, headers: { "content-type": "application/xml", ...headers } });
}
