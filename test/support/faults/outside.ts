/** External HTTP servers as effects on the stage: the bucket, and the receiver of webhooks. */

import { connectionLost, type Fault } from "./effects.ts";
import { type MemoryS3, refusal } from "./memory-s3.ts";
import type { Process, Stage } from "./stage.ts";

/** The bucket's `fetch`, of one process. */
export function stagedBucket(s3: MemoryS3, stage: Stage, process: Process): typeof fetch {
  return (input, init) => {
    const url = addressOf(input);
    const method = init?.method ?? "GET";
    const headers = new Headers(init?.headers);
    const body = bytesOf(init?.body);
    const call = callOf(method, url.searchParams, url.pathname.includes("/spaces/"));
    const target = `${url.pathname.split("/exports/").at(-1)}${call === "PART" ? ` ${url.searchParams.get("partNumber")}` : ""}`;
    return stage.perform(process, {
      label: `bucket.${call}`,
      nature: "bucket",
      detail: target,
      act: async () => s3.answer(method, url.href, headers, body),
      broken: connectionLost,
      instead: answerInstead,
    });
  };
}

/** Requests that a receiver of webhooks got. */
export interface Received {
  id: string;
  body: string;
}

/** A receiver's `fetch`, of one process: it accepts everything. */
export function stagedReceiver(received: Received[], stage: Stage, process: Process): typeof fetch {
  return (input, init) => {
    const headers = new Headers(init?.headers);
    const id = headers.get("webhook-id") ?? "";
    const body = new TextDecoder().decode(bytesOf(init?.body));
    return stage.perform(process, {
      label: "hook.POST",
      nature: "hook",
      detail: `${addressOf(input).href} ${id}`,
      act: async () => {
        received.push({ id, body });
        return new Response(null, { status: 204 });
      },
      broken: connectionLost,
      instead: answerInstead,
    });
  };
}

/** The name of the S3 call. */
function callOf(method: string, query: URLSearchParams, object: boolean): string {
  if (!object && method === "POST") return "DELETE ALL";
  if (!object) return query.has("uploads") ? "UPLOADS" : "LIST";
  if (query.has("partNumber")) return "PART";
  if (query.has("uploads")) return "CREATE";
  if (query.has("uploadId")) return method === "DELETE" ? "ABORT" : "COMPLETE";
  return method;
}

async function answerInstead(fault: Fault, act: () => Promise<Response>): Promise<Response> {
  const noAnswer = () => new DOMException("The operation was aborted due to timeout", "TimeoutError");
  if (fault === "no answer before") throw noAnswer();
  if (fault === "no answer after") {
    await act();
    throw noAnswer();
  }
  if (fault === "answer cut off") return cutOff(await act());
  if (fault === "302") return new Response(null, { status: 302, headers: { location: "https://elsewhere.test/" } });
  const [status, code] = fault.split(" ");
  return refusal(Number(status), code ?? "InternalError");
}

/** The same answer, whose connection breaks after half of it. */
async function cutOff(response: Response): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const half = bytes.slice(0, Math.floor(bytes.length / 2));
  let sent = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent || half.length === 0) controller.error(connectionLost());
      else controller.enqueue(half);
      sent = true;
    },
  });
  return new Response(body, { status: response.status, headers: response.headers });
}

function addressOf(input: RequestInfo | URL): URL {
  return new URL(input instanceof Request ? input.url : input);
}

function bytesOf(body: unknown): Uint8Array<ArrayBuffer> {
  if (body === undefined || body === null) return new Uint8Array();
  if (body instanceof Uint8Array) return body.slice();
  if (typeof body === "string") return new TextEncoder().encode(body) as Uint8Array<ArrayBuffer>;
  throw new Error("a body that is neither bytes nor text");
}
