/** A bucket that fails in every way that S3 does, at every call: the call is retried, noticed and reported. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { MAX_ATTEMPTS } from "../../../src/export/pipeline/backoff.ts";
import { s3Error } from "../../support/aws.ts";
import { goWrong, type Line, lostAnswer, objectsOf, type Sent, throughLine, uploadsOf } from "../../support/bucket.ts";
import { bytesOf, deliver, eventIdsOf, roomyService, take } from "../../support/pipeline.ts";
import { orders, type Service, type Space, START } from "../../support/service.ts";
import { everyNth } from "../../support/seeds.ts";

const IDS = orders(10).map((event) => event["id"]);
const SINGLE = { layout: "single" };
const FILES = { layout: "files", file_rows: 4 };

interface Case {
  service: Service;
  space: Space;
  id: string;
}

async function planned(request: Record<string, unknown>): Promise<Case> {
  const service = roomyService();
  service.context.sizes = {
    chunkRows: 4,
    chunkBytes: 25_000_000,
    chunkScan: 2_000_000,
    partBytes: 5 * 1_048_576,
    fileBytes: 100_000_000,
  };
  throughLine(service);
  const space = await service.shop();
  await service.send(space, orders(10));
  const id = await service.ask(space, request);
  await deliver(service, take(service, "plan"));
  return { service, space, id };
}

async function expectComplete({ service, space, id }: Case, request: Record<string, unknown>): Promise<void> {
  const done = await service.poll(space, id);
  expect(done).toMatchObject({ status: "completed", error: null, next_retry_at: null });
  expect(await eventIdsOf(service, done)).toEqual(IDS);
  expect(bytesOf(done)).toEqual(bytesOf(await service.export(space, request)));
  const names = [...done.files.map((file) => file.name), `_${id}-manifest.json`];
  expect([await objectsOf(service, space, id), uploadsOf(space, id)]).toEqual([names.toSorted(), []]);
}

/** The bucket never answers: the caller hangs up when it has waited long enough. */
const silence: Line = ({ signal }) =>
  new Promise((_resolve, reject) => {
    const hangUp = () => reject(signal?.reason as Error);
    if (signal?.aborted === true) hangUp();
    else signal?.addEventListener("abort", hangUp);
  });

/** Skips the minute that the service waits for an answer. */
function impatient(): void {
  vi.spyOn(AbortSignal, "timeout").mockImplementation(() => AbortSignal.abort(new DOMException("", "TimeoutError")));
}

afterEach(() => {
  vi.restoreAllMocks();
});

const UNAVAILABLE = { code: "destination_unavailable", owner: "service", retryable: true };
const FAULTS: [what: string, line: Line, error: Record<string, unknown>][] = [
  ["500 InternalError", async () => s3Error(500, "InternalError"), UNAVAILABLE],
  ["503 SlowDown", async () => s3Error(503, "SlowDown", { headers: { "retry-after": "1" } }), UNAVAILABLE],
  ["429 TooManyRequests", async () => s3Error(429, "TooManyRequests"), UNAVAILABLE],
  ["403 AccessDenied", async () => s3Error(403, "AccessDenied"), UNAVAILABLE],
  ["403 InvalidAccessKeyId", async () => s3Error(403, "InvalidAccessKeyId"), UNAVAILABLE],
  ["404 NoSuchBucket", async () => s3Error(404, "NoSuchBucket"), UNAVAILABLE],
  [
    "403 RequestTimeTooSkewed",
    async () => s3Error(403, "RequestTimeTooSkewed"),
    { ...UNAVAILABLE, code: "clock_skew" },
  ],
  ["502 in HTML", async () => new Response("<html><h1>Bad gateway</h1>", { status: 502 }), UNAVAILABLE],
  [
    "a redirect",
    async () => new Response(null, { status: 307, headers: { location: "https://a.test/" } }),
    UNAVAILABLE,
  ],
  [
    "a connection that is reset",
    async () => {
      throw new TypeError("Network connection lost.");
    },
    UNAVAILABLE,
  ],
  ["no answer at all", silence, UNAVAILABLE],
];

describe.each(everyNth(FAULTS, 3, 0))("%s to an upload", (_what, line, error) => {
  it("is tried again later, and seen meanwhile, and fails the export at the last try", async () => {
    impatient();
    const of = await planned(FILES);
    const { service, space, id } = of;
    throughLine(service, line);
    const message = take(service, "chunk");
    for (const attempt of [1, MAX_ATTEMPTS - 1]) {
      const delay = Math.min(300, 2 ** attempt);
      expect(await deliver(service, message, attempt)).toEqual({ retryInSeconds: delay });
      const next_retry_at = new Date(START + delay * 1000).toISOString();
      expect(await service.poll(space, id)).toMatchObject({ status: "processing", error, next_retry_at });
    }
    expect(await deliver(service, message, MAX_ATTEMPTS)).toBe("ack");
    const end = await service.poll(space, id);
    expect(end).toMatchObject({ status: "failed", error, next_retry_at: null, files: [] });
    expect(JSON.stringify(end.error)).not.toMatch(/S3|Slow|Denied|NoSuch|html|lost/);
  });

  it("that is over at the next try leaves no trace", async () => {
    impatient();
    const of = await planned(FILES);
    throughLine(of.service, line);
    const message = take(of.service, "chunk");
    expect(await deliver(of.service, message)).not.toBe("ack");
    vi.restoreAllMocks();
    throughLine(of.service);
    of.service.queue.push(message);
    await of.service.pump();
    await expectComplete(of, FILES);
  });
});

it("waits for an answer of the bucket for less than a lease", async () => {
  const timeout = vi.spyOn(AbortSignal, "timeout");
  const of = await planned(FILES);
  await of.service.pump();
  const waits = timeout.mock.calls.map(([ms]) => ms);
  expect(waits.length).toBeGreaterThan(0);
  expect(Math.max(...waits)).toBeLessThan(of.service.config.leaseMs);
});

const SEGMENTS_GO = "the segments that go";
const PLACES: [what: string, request: Record<string, unknown>, at: (sent: Sent) => boolean][] = [
  ["a file", FILES, ({ method, name }) => method === "PUT" && name.endsWith(".json.gz")],
  ["a segment", SINGLE, ({ method, name }) => method === "PUT" && name.startsWith("segments/")],
  ["a segment that is read", SINGLE, ({ method, name }) => method === "GET" && name.startsWith("segments/")],
  ["a file of segments", SINGLE, ({ method, name }) => method === "PUT" && name.endsWith(".json.gz")],
  [SEGMENTS_GO, SINGLE, ({ method, query }) => method === "POST" && query.includes("delete")],
  ["the manifest", FILES, ({ method, name }) => method === "PUT" && name.endsWith("manifest.json")],
];

/** Answers of the bucket, and failures to answer. */
const ANSWERS: [string, Line][] = [
  ["a refusal", async () => s3Error(503, "SlowDown")],
  [
    "a lost request",
    async () => {
      throw new TypeError("Network connection lost.");
    },
  ],
  ["an answer that is lost after the request took effect", lostAnswer],
  [
    "an error instead of the answer, after the request took effect",
    async (_sent, pass) => {
      await (await pass()).body?.cancel();
      return s3Error(500, "InternalError");
    },
  ],
];

describe.each(PLACES)("an export whose bucket fails at %s", (what, request, at) => {
  const offset = PLACES.findIndex(([place]) => place === what);
  it.each(everyNth(ANSWERS, 4, offset))("is whole in the end after %s", async (fault, wrong) => {
    const tookEffect = fault.endsWith("took effect");
    const of = await planned(request);
    const times = goWrong(of.service, at, 3, wrong);
    const verdicts = await of.service.pump();
    // The step lists the segments first: where they went although the answer was lost, it deletes nothing again.
    const sent = what === SEGMENTS_GO && tookEffect ? 1 : 3;
    expect([times(), verdicts.filter((verdict) => verdict !== "ack").length > 0]).toEqual([sent, true]);
    throughLine(of.service);
    await expectComplete(of, request);
  });
});

it.each<[string, (bytes: Uint8Array<ArrayBuffer>) => ReadableStream<Uint8Array>]>([
  [
    "breaks off",
    (bytes) => {
      let sent = false;
      return new ReadableStream({
        pull(controller) {
          if (sent) controller.error(new TypeError("Network connection lost."));
          else controller.enqueue(bytes.subarray(0, 10));
          sent = true;
        },
      });
    },
  ],
  ["is too short", (bytes) => new Blob([bytes.subarray(0, 10)]).stream()],
  ["is empty", () => new Blob([]).stream()],
])("an export whose segment, as it is read, %s, is whole in the end", async (_what, cut) => {
  const of = await planned(SINGLE);
  const read = ({ method, name }: Sent) => method === "GET" && name.startsWith("segments/");
  const times = goWrong(
    of.service,
    read,
    3,
    async (_sent, pass) => new Response(cut(new Uint8Array(await (await pass()).arrayBuffer()))),
  );
  await of.service.pump();
  expect(times()).toBe(3);
  throughLine(of.service);
  await expectComplete(of, SINGLE);
});
