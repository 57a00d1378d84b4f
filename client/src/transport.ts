/**
 * Makes calls by the generated functions: sends the key, throws `SpillwayError`, and tries again where that is right.
 */

import { failure, problemOf, SpillwayError } from "./errors.ts";
import { type Promised, unexpectedAnswer } from "./expected-answer.ts";
import { createClient, createConfig } from "./generated/client/index.ts";
import type { Client } from "./generated/client/index.ts";
import { type Page, Pages } from "./pages.ts";
import { DEFAULT_RETRIES, delayBeforeRetry, type RetryLimits } from "./retries.ts";

export interface SpillwayOptions {
  /** Where the service is: `https://exports.example.com`. */
  origin: string;
  /** An API key of a space (`sk_…`), or the operator's token for `spaces`. */
  key: string;
  /** Instead of the global `fetch`. */
  fetch?: (request: Request) => Promise<Response>;
  retries?: Partial<RetryLimits>;
  /** Called before each wait. */
  onRetry?: (retry: Retry) => void;
  /** Waits. For tests. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Milliseconds since 1970. For tests. */
  now?: () => number;
  /** 0 to 1. For tests. */
  random?: () => number;
}

/** A call failed and waits for its next try. */
export interface Retry {
  error: SpillwayError;
  /** 1 after the first try. */
  attempt: number;
  waitMs: number;
}

/** What every call may take. */
export interface CallOptions {
  /** Aborts the call, and the waits between its tries; the call then throws the signal's reason. */
  signal?: AbortSignal;
  /** Gets the response of the answer, for its headers: `RateLimit` tells how many calls are left. Its body is read. */
  onResponse?: (response: Response) => void;
  /** Called before each wait of this call, after the client's own `onRetry`. */
  onRetry?: (retry: Retry) => void;
}

/** What the generated functions are called with. */
export interface Wiring {
  client: Client;
  throwOnError: true;
  signal?: AbortSignal;
}

export interface Answer<Result> {
  data: Result;
  response: Response;
}

/** The query of a list. */
type ListQuery = { limit?: number; cursor?: string };

/** What a call promises that names nothing else. */
const PROMISED: Promised = "json";
const promisedBy = (parseAs: string | undefined): Promised =>
  parseAs === "text" || parseAs === "stream" ? parseAs : PROMISED;

export class Transport {
  readonly origin: string;
  readonly now: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly #client: Client;
  readonly #limits: RetryLimits;
  readonly #onRetry: SpillwayOptions["onRetry"];
  readonly #random: () => number;

  constructor(options: SpillwayOptions) {
    this.origin = originOf(options.origin);
    // A key that is not visible ASCII would make an invalid header, and the error would show it.
    if (!/^[\x21-\x7e]+$/.test(options.key))
      throw new TypeError("The key is empty, or has a character that keys never have.");
    this.now = options.now ?? Date.now;
    this.sleep = options.sleep ?? pause;
    this.fetch = options.fetch ?? ((request) => globalThis.fetch(request));
    this.#limits = { ...DEFAULT_RETRIES, ...options.retries };
    this.#onRetry = options.onRetry;
    this.#random = options.random ?? Math.random;
    const client = createClient(
      createConfig({
        baseUrl: this.origin,
        auth: () => options.key,
        fetch: this.fetch as typeof globalThis.fetch,
        // Not by the media type of the answer: a page of HTML would be a text then.
        parseAs: PROMISED,
        responseValidator: async (data) => {
          if (typeof data !== "object" || data === null || Array.isArray(data))
            throw new TypeError("The answer is JSON, and no object.");
        },
      }),
    );
    client.interceptors.response.use(async (response, request, { parseAs }) => {
      const unexpected = response.ok ? unexpectedAnswer(request, response, promisedBy(parseAs)) : null;
      if (unexpected === null) return response;
      await response.body?.cancel();
      throw unexpected;
    });
    client.interceptors.error.use((thrown, response, request) => errorOf(thrown, response, request, this.origin));
    this.#client = withoutItself(client);
  }

  /** Makes a call that only reads, or that does the same when it is made twice. @throws SpillwayError */
  repeatable<Result>(send: (wiring: Wiring) => Promise<Answer<Result>>, options: CallOptions = {}): Promise<Result> {
    return this.call(send, { ...options, repeatable: true });
  }

  /** Makes a call that is made again only where the service did not do it. @throws SpillwayError */
  once<Result>(send: (wiring: Wiring) => Promise<Answer<Result>>, options: CallOptions = {}): Promise<Result> {
    return this.call(send, { ...options, repeatable: false });
  }

  /** Deletes something. A repeated call finds it deleted already: that is no error. @throws SpillwayError */
  async removal(send: (wiring: Wiring) => Promise<Answer<unknown>>, options: CallOptions = {}): Promise<void> {
    const wiring = this.#wiring(options.signal);
    const work = async (attempt: number): Promise<void> => {
      try {
        await send(wiring);
      } catch (error) {
        if (attempt > 1 && error instanceof SpillwayError && error.code === "not_found") return;
        throw error;
      }
    };
    await this.trying(work, { ...options, repeatable: true });
  }

  /** @throws SpillwayError */
  async call<Result>(
    send: (wiring: Wiring) => Promise<Answer<Result>>,
    options: CallOptions & { repeatable: boolean },
  ): Promise<Result> {
    return (await this.answer(send, options)).data;
  }

  /** @returns the answer with its response, for its headers. @throws SpillwayError */
  async answer<Result>(
    send: (wiring: Wiring) => Promise<Answer<Result>>,
    options: CallOptions & { repeatable: boolean },
  ): Promise<Answer<Result>> {
    const wiring = this.#wiring(options.signal);
    const answer = await this.trying(() => send(wiring), options);
    options.onResponse?.(answer.response);
    return answer;
  }

  /** Tries as often as the limits allow. @param work gets the number of the try; throws SpillwayError. */
  async trying<Result>(
    work: (attempt: number) => Promise<Result>,
    { repeatable, signal, onRetry }: CallOptions & { repeatable: boolean },
  ): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      signal?.throwIfAborted();
      try {
        return await work(attempt);
      } catch (error) {
        if (!(error instanceof SpillwayError)) throw error;
        const failed = { error, attempt, repeatable, limits: this.#limits, random: this.#random() };
        const waitMs = delayBeforeRetry(failed);
        if (waitMs === null) throw error;
        this.#onRetry?.({ error, attempt, waitMs });
        onRetry?.({ error, attempt, waitMs });
        await this.sleep(waitMs, signal);
      }
    }
  }

  #wiring(signal: AbortSignal | undefined): Wiring {
    return { client: this.#client, throwOnError: true, ...(signal && { signal }) };
  }

  /** A list, page by page as it is read. */
  pages<Item, Query extends ListQuery>(
    query: Query | undefined,
    read: (wiring: Wiring, query: Query) => Promise<Answer<Page<Item>>>,
    options: CallOptions = {},
  ): Pages<Item> {
    return new Pages((cursor) => {
      const asked = { ...query, ...(cursor !== undefined && { cursor }) } as Query;
      return this.repeatable((wiring) => read(wiring, asked), options);
    });
  }
}

/** Waits. @throws the signal's reason, at once when it is aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      // One signal may see thousands of waits.
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
  signal?.throwIfAborted();
}

type Method = (options: { client?: Client }) => unknown;

/**
 * The generated functions hand all their options on to `Request`, the client with them, which Deno takes for an HTTP
 * client of its own and refuses.
 */
function withoutItself(client: Client): Client {
  const without =
    (method: Method): Method =>
    ({ client: _client, ...options }) =>
      method(options);
  const names = ["get", "post", "put", "patch", "delete", "request"] as const;
  const methods = names.map((name) => [name, without(client[name] as unknown as Method)]);
  return { ...client, ...Object.fromEntries(methods) } as Client;
}

function originOf(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new TypeError(`The origin is not the address of a service, like https://exports.example.com: ${text}`);
  return text.replace(/\/+$/, "");
}

/** What the generated functions throw: an error of the answer, of the connection, or of a wrong argument. */
function errorOf(
  thrown: unknown,
  response: Response | undefined,
  request: Request | undefined,
  origin: string,
): unknown {
  if (request === undefined || request.signal.aborted || thrown instanceof SpillwayError) return thrown;
  const call = `${request.method} ${new URL(request.url).pathname}`;
  if (response === undefined) {
    const detail = `No service answers at ${origin} (${call}).`;
    return failure({ code: "unreachable", status: 0, detail }, { cause: thrown });
  }
  if (!response.ok) return problemOf(call, response, thrown);
  const detail = `The answer to ${call} is incomplete, or is not an object of JSON.`;
  return failure({ code: "unreadable", status: 0, detail }, { cause: thrown });
}
