/** Everything that the Worker reaches with `fetch`: its bucket, the resolver of names, receivers of webhooks. */

import type { SimulatedBucket } from "./bucket.ts";
import type { Clock } from "./clock.ts";
import { currentInvocation, notModelled, outside } from "./invocation.ts";
import { tailed } from "./random.ts";

/** The bucket's endpoint, for the setting BUCKET_ENDPOINT. */
export const BUCKET_ENDPOINT = "https://s3.simulated.example";
/** A receiver of webhooks, which accepts each. */
export const RECEIVER = "https://receiver.simulated.example/hook";

const RESOLVER = "https://cloudflare-dns.com/";
/** Milliseconds until a receiver and the resolver answer. */
const RECEIVED = { least: 80, more: 120 };
const RESOLVED = { least: 5, more: 5 };

export interface Network {
  clock: Clock;
  random: () => number;
  bucket: SimulatedBucket;
}

interface RequestOptions {
  method?: string;
  headers?: ConstructorParameters<typeof Headers>[0];
  body?: Uint8Array | string;
  signal?: AbortSignal;
}

/** The global `fetch` of a simulation. @param onSettled is told when a request has its answer, with its signal. */
export function simulatedFetch(network: () => Network, onSettled: (signal: AbortSignal) => void) {
  return async (address: string | URL, options: RequestOptions = {}): Promise<Response> => {
    const { signal } = options;
    const invocation = currentInvocation();
    if (invocation !== null) invocation.subrequests += 1;
    signal?.throwIfAborted();
    const answered = outside(() => answer(network(), new URL(address), options, invocation));
    if (signal === undefined) return answered;
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    });
    const response = await Promise.race([answered, aborted]);
    onSettled(signal);
    return response;
  };
}

async function answer(
  { clock, random, bucket }: Network,
  url: URL,
  { method = "GET", headers, body = "" }: RequestOptions,
  invocation: ReturnType<typeof currentInvocation>,
): Promise<Response> {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  if (url.origin === BUCKET_ENDPOINT) {
    const [, , ...path] = url.pathname.split("/");
    return bucket.answer(
      { method, headers: new Headers(headers), body: bytes },
      path.join("/"),
      url.searchParams,
      invocation,
    );
  }
  if (url.href.startsWith(RESOLVER)) {
    await clock.wait(tailed(random, RESOLVED.least, RESOLVED.more));
    const isV4 = url.searchParams.get("type") === "A";
    return Response.json({ Status: 0, Answer: isV4 ? [{ type: 1, data: "93.184.216.34" }] : [] });
  }
  if (url.href === RECEIVER) {
    await clock.wait(tailed(random, RECEIVED.least, RECEIVED.more));
    return new Response(null, { status: 204 });
  }
  return notModelled(`server at ${url.origin}`);
}
