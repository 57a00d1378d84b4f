/**
 * A stand-in of Cloudflare's REST API on this machine, for the real `wrangler` and the deploy command: it keeps
 * accounts in memory, refuses what Cloudflare refuses, records each call, and fails where a test asks it to. A call
 * that it does not know is answered 404 and remembered: `unknown` must be empty at the end of a test.
 */

import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Envelope, Refusal, refuse, succeed } from "./answers.ts";
import { Addresses, BROKEN } from "./addresses.ts";
import { assetRoutes } from "./assets.ts";
import { answerS3, R2_HOST } from "./bucket-endpoint.ts";
import { bucketRoutes } from "./buckets.ts";
import { databaseRoutes } from "./databases.ts";
import { identityRoutes } from "./identity.ts";
import { queueRoutes } from "./queues.ts";
import { type Call, parseJson, type Route } from "./routes.ts";
import { secretRoutes } from "./secrets.ts";
import type { Account } from "./state.ts";
import { triggerRoutes } from "./triggers.ts";
import { versionRoutes } from "./versions.ts";
import { workerRoutes } from "./workers.ts";

const BASE = "/client/v4";
const BODY_LIMIT = 200 * 2 ** 20;

/** What a test watches for: a call's name (see `RecordedCall`), and what its body has. */
export interface Match {
  call: RegExp;
  body?: RegExp;
}

export interface RecordedCall {
  /** `POST /d1/database`: without the account, without the query. */
  name: string;
  account: string | null;
  status: number;
}

export class Cloudflare {
  readonly token = randomBytes(20).toString("hex");
  readonly accounts: Account[] = [];
  readonly calls: RecordedCall[] = [];
  /** Calls of which the stand-in knows nothing. */
  readonly unknown: string[] = [];
  readonly addresses = new Addresses(this.accounts);
  readonly #failures: { match: Match; refusal: Refusal }[] = [];
  readonly #watchers: { match: Match; action: () => void }[] = [];
  readonly #server: Server;
  readonly #routes: readonly Route[] = [
    ...identityRoutes(this.accounts),
    ...databaseRoutes,
    ...queueRoutes,
    ...bucketRoutes,
    ...workerRoutes,
    ...versionRoutes,
    ...secretRoutes,
    ...triggerRoutes,
    ...assetRoutes,
  ];
  #clock = Date.UTC(2026, 10, 1);

  constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  async close(): Promise<void> {
    await this.addresses.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${BASE}`;
  }

  /** What a process needs to meet this Cloudflare. */
  get environment(): Record<string, string> {
    return { CLOUDFLARE_API_BASE_URL: this.url, CLOUDFLARE_API_TOKEN: this.token };
  }

  /** Adds an empty account: on the paid plan, with R2, Analytics Engine and an address below workers.dev. */
  addAccount(settings: Partial<Account> = {}): Account {
    const account: Account = {
      id: randomBytes(16).toString("hex"),
      name: "Example Inc.",
      plan: "paid",
      hasR2: true,
      hasAnalyticsEngine: true,
      subdomain: "example",
      bucketKeys: { accessKeyId: randomBytes(16).toString("hex"), secretAccessKey: randomBytes(32).toString("hex") },
      zones: [],
      databases: [],
      queues: [],
      buckets: [],
      workers: [],
      domains: [],
      files: new Map(),
      ...settings,
    };
    this.accounts.push(account);
    return account;
  }

  /** The next call that matches is refused, before it has any effect. */
  failNext(match: Match, status = 403, code = 10_000, message = "Authentication error"): void {
    this.#failures.push({ match, refusal: new Refusal(status, code, message) });
  }

  /** Runs `action` once, when a call that matches has had its effect and is not yet answered. */
  onceAfter(match: Match, action: () => void): void {
    this.#watchers.push({ match, action });
  }

  /** @returns the calls so far that change something. */
  writes(): RecordedCall[] {
    return this.calls.filter(({ name }) => !name.startsWith("GET ") && !/^POST .*\/(query|raw|changeset)$/.test(name));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", this.url);
    if (!pathname.startsWith(BASE)) {
      const [status, text] = await this.#serveHost(request);
      response.writeHead(status, { "content-type": "text/plain" });
      response.end(text);
      return;
    }
    const path = pathname.slice(BASE.length);
    const method = request.method ?? "GET";
    const [, account = null] = /^\/accounts\/([^/]+)/.exec(path) ?? [];
    const name = `${method} ${path.replace(/^\/accounts\/[^/]+(?=.)/, "")}`;
    let answer: Envelope;
    try {
      const body = await bodyOf(request);
      this.#authorize(request);
      answer = succeed(await this.#handle({ method, path, name, query: searchParams, body, request }));
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) console.error(`The stand-in failed at ${name}:`, thrown);
      answer = refuse(thrown instanceof Refusal ? thrown : new Refusal(500, 10_001, String(thrown)));
    }
    this.calls.push({ name, account, status: answer.status });
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(answer.body);
  }

  /** What reach.ts asks: where a host is on this machine. R2's host is here, and that of a Worker that throws. */
  async #serveHost(request: IncomingMessage): Promise<[status: number, text: string]> {
    const { pathname, searchParams } = new URL(request.url ?? "/", this.url);
    const [, host, path] = /^\/s3\/([^/]+)(.*)$/s.exec(request.url ?? "") ?? [];
    if (host !== undefined && path !== undefined)
      return answerS3(this.accounts, { method: request.method ?? "GET", host, path, headers: headersOf(request) });
    if (pathname === `${BROKEN}/healthz`) return [200, "{}"];
    if (pathname !== "/address") return [500, "error code: 1101"];
    const asked = searchParams.get("host") ?? "";
    if (R2_HOST.test(asked)) return [200, `/s3/${asked}`];
    try {
      const origin = await this.addresses.find(asked, searchParams.get("overrides"));
      return origin === null ? [404, "unknown host"] : [200, origin];
    } catch (thrown) {
      console.error("The deployed Worker did not start:", thrown);
      return [200, BROKEN];
    }
  }

  #authorize({ headers: { authorization } }: IncomingMessage): void {
    // The upload of static files is authorized by the token of its session.
    if (authorization === `Bearer ${this.token}` || authorization?.split(".").length === 3) return;
    throw new Refusal(401, 10_000, "Authentication error");
  }

  async #handle(asked: {
    method: string;
    path: string;
    name: string;
    query: URLSearchParams;
    body: Uint8Array<ArrayBuffer>;
    request: IncomingMessage;
  }): Promise<unknown> {
    const { method, path, name, query, body } = asked;
    const failure = take(this.#failures, name, body);
    if (failure !== undefined) throw failure.refusal;
    const headers = headersOf(asked.request);
    for (const { method: routed, pattern, handler } of this.#routes) {
      const found = routed === method ? pattern.exec(path) : null;
      if (found === null) continue;
      const groups = found.groups ?? {};
      const param = (key: string) => {
        const value = groups[key];
        if (value === undefined) throw new Error(`The route of ${name} has no :${key}.`);
        return decodeURIComponent(value);
      };
      const call: Call = {
        get account() {
          return accountOf();
        },
        query,
        headers,
        param,
        json: (schema) => parseJson(body, schema),
        form: () => new Response(body, { headers: { "content-type": headers.get("content-type") ?? "" } }).formData(),
        now: () => new Date((this.#clock += 1_000)).toISOString(),
      };
      const accountOf = () => {
        const account = this.accounts.find(({ id }) => id === groups["account"]);
        if (account === undefined) throw new Refusal(403, 10_000, "Authentication error");
        return account;
      };
      const result = await handler(call);
      take(this.#watchers, name, body)?.action();
      return result;
    }
    this.unknown.push(name);
    throw new Refusal(404, 7003, `Could not route to ${path}, perhaps your object identifier is invalid?`);
  }
}

function take<T extends { match: Match }>(from: T[], name: string, bytes: Uint8Array): T | undefined {
  const index = from.findIndex(({ match: { call, body } }) => {
    return call.test(name) && (body === undefined || body.test(new TextDecoder().decode(bytes)));
  });
  return index === -1 ? undefined : from.splice(index, 1)[0];
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += (part as Buffer).length;
    if (bytes > BODY_LIMIT) throw new Refusal(413, 10_027, "The request is too large.");
    parts.push(part as Buffer);
  }
  return new Uint8Array(Buffer.concat(parts));
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const entries = Object.entries(headersDistinct);
  return new Headers(entries.map(([name, values]): [string, string] => [name, values?.join(", ") ?? ""]));
}
