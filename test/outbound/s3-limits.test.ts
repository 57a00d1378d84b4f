/** Timeouts of a store: to answer a HEAD of an object, and to complete a multipart upload. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Bucket, sha256Hex, utf8 } from "../../src/outbound/s3.ts";
import { s3Error } from "../support/aws.ts";

const BODY = utf8("rows");

let limits: { ms: number; over: () => void }[];

beforeEach(() => {
  limits = [];
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    const controller = new AbortController();
    limits.push({ ms, over: () => controller.abort(new DOMException("late", "TimeoutError")) });
    return controller.signal;
  });
});
afterEach(() => vi.restoreAllMocks());

/** A customer's bucket that answers so. */
function bucketWith(answer: (method: string, signal: AbortSignal | null) => Response | Promise<Response>): Bucket {
  const store = {
    url: "https://acme-exports.example",
    region: "eu-central-1",
    credentials: async () => ({ accessKeyId: "k", secretAccessKey: "s" }),
    headers: {},
    conditionalPut: "yes",
    conditionalComplete: "yes",
  } as const;
  return new Bucket(store, Date.now, async (_input, init) => answer(init?.method ?? "GET", init?.signal ?? null));
}

/** Bytes that never come. */
const never = (signal: AbortSignal | null) =>
  new ReadableStream({
    start: (controller) => signal?.addEventListener("abort", () => controller.error(signal.reason)),
  });

it("an object that is compared comes within a time that goes by its size", async () => {
  const bytes = 10 * 1_048_576;
  const bucket = bucketWith((method, signal) => {
    if (method === "PUT") return s3Error(412, "PreconditionFailed");
    queueMicrotask(() => limits[1]?.over());
    return new Response(never(signal));
  });
  const work = bucket.putOnce("a", new Uint8Array(bytes), await sha256Hex(BODY), "text/plain");
  await expect(work).rejects.toMatchObject({ code: "destination_unavailable" });
  expect(limits.map(({ ms }) => Math.round(ms / 1_000))).toEqual([25, 35]);
});

describe("a large object whose upload is completed", () => {
  const complete = async (bucket: Bucket) =>
    bucket.completeUpload("a", "u", [], { bytes: BODY.length, sha256: await sha256Hex(BODY) });
  /** The completion takes longer than it may. */
  const late = (method: string): Promise<Response> | null => {
    if (method !== "POST") return null;
    limits[0]?.over();
    return Promise.reject(new DOMException("late", "TimeoutError"));
  };

  it("has five minutes, and is looked for after that", async () => {
    const methods: string[] = [];
    await complete(
      bucketWith((method) => {
        methods.push(method);
        return late(method) ?? new Response(method === "GET" ? BODY : null);
      }),
    );
    expect([limits[0]?.ms, methods]).toEqual([300_000, ["POST", "GET", "DELETE"]]);
  });

  it.each([
    ["is missing", () => s3Error(404, "NoSuchKey"), "destination_unavailable"],
    ["may not be looked for", () => s3Error(403, "AccessDenied"), "destination_unavailable"],
    ["is another's", () => new Response("other"), "destination_conflict"],
  ])("and then %s is reported", async (_what, answer, code) => {
    await expect(complete(bucketWith((method) => late(method) ?? answer()))).rejects.toMatchObject({ code });
  });
});
