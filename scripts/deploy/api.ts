/** Calls of Cloudflare's REST API. Wrangler's own calls go to the same address, with the same token. */

import { setTimeout as sleep } from "node:timers/promises";

const BASE = "https://api.cloudflare.com/client/v4";
const TRIES = 4;
const FIRST_WAIT_MS = 500;
const PER_PAGE = 100;
/** Where one of these comes back, nothing was done: the call is made again. */
const TRANSIENT = new Set([429, 502, 503, 504]);
const TOKEN_CODES = new Set([9106, 9109, 10000, 6003]);

interface Envelope<Result> {
  success: boolean;
  result: Result;
  errors?: { code: number; message: string }[];
  result_info?: { total_count?: number };
}

/** Cloudflare refused a call. */
export class CloudflareError extends Error {
  override readonly name = "CloudflareError";
  /** HTTP status. */
  readonly status: number;
  /** Cloudflare's code of the error; 0 without one. */
  readonly code: number;

  constructor(call: string, status: number, error: { code: number; message: string } | undefined) {
    const said = error === undefined ? `status ${status}` : `${error.message} (code ${error.code})`;
    super(`Cloudflare refused ${call}: ${said}`);
    this.status = status;
    this.code = error?.code ?? 0;
  }

  /** Whether the token is wrong, or may not make this call. */
  get isForbidden(): boolean {
    return this.status === 401 || this.status === 403 || TOKEN_CODES.has(this.code);
  }
}

export interface CallOptions {
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}

export class CloudflareApi {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param headers that say who calls. */
  constructor(headers: Readonly<Record<string, string>>) {
    this.#base = (process.env["CLOUDFLARE_API_BASE_URL"] ?? BASE).replace(/\/+$/, "");
    this.#headers = headers;
  }

  get<Result>(path: string, options: CallOptions = {}): Promise<Result> {
    return this.#call<Result>("GET", path, options).then(({ result }) => result);
  }

  /** @returns null where there is no such thing. */
  async find<Result>(path: string, options: CallOptions = {}): Promise<Result | null> {
    try {
      return await this.get<Result>(path, options);
    } catch (thrown) {
      if (thrown instanceof CloudflareError && thrown.status === 404) return null;
      throw thrown;
    }
  }

  /** @returns the items of all pages of a list. */
  async list<Item>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    for (let page = 1; ; page++) {
      const paged = `${path}${path.includes("?") ? "&" : "?"}page=${page}&per_page=${PER_PAGE}`;
      const { result, result_info: info } = await this.#call<Item[]>("GET", paged, {});
      items.push(...result);
      if (result.length === 0 || items.length >= (info?.total_count ?? 0)) return items;
    }
  }

  send<Result>(method: "POST" | "PUT" | "DELETE", path: string, options: CallOptions = {}): Promise<Result> {
    return this.#call<Result>(method, path, options).then(({ result }) => result);
  }

  async #call<Result>(method: string, path: string, { body, headers }: CallOptions): Promise<Envelope<Result>> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#once<Result>(method, path, body, headers);
      if (!(answer instanceof CloudflareError)) return answer;
      if (!TRANSIENT.has(answer.status) || attempt === TRIES) throw answer;
      await sleep(FIRST_WAIT_MS * 2 ** (attempt - 1));
    }
  }

  async #once<Result>(
    method: string,
    path: string,
    body: unknown,
    headers: CallOptions["headers"],
  ): Promise<Envelope<Result> | CloudflareError> {
    const call = `${method} ${path}`;
    let response: Response;
    try {
      response = await fetch(`${this.#base}${path}`, {
        method,
        headers: {
          ...this.#headers,
          ...headers,
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (thrown) {
      throw new Error(`${this.#base} does not answer. Check the network, and run the command again.`, {
        cause: thrown,
      });
    }
    const envelope = (await response.json().catch(() => null)) as Envelope<Result> | null;
    if (response.ok && envelope?.success === true) return envelope;
    return new CloudflareError(call, response.status, envelope?.errors?.[0]);
  }
}
