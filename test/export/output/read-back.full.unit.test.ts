/** Reading one object back: what is compared, where a read goes on, and what is never taken for a change. */

import { createHash } from "node:crypto";
import { beforeAll, expect, it } from "vitest";
import { MAX_UNSTOPPED_BYTES, type PartlyRead, readBack, type Written } from "../../../src/export/output/read-back.ts";
import { Bucket } from "../../../src/outbound/s3.ts";
import { MemoryS3 } from "../../support/faults/memory-s3.ts";

const ADDRESS = {
  endpoint: "https://store.test",
  name: "bucket",
  region: "auto",
  accessKeyId: "key",
  secretAccessKey: "secret",
};
const MEBIBYTE = 1_048_576;
/** Larger than what is read without a stop. */
const LARGE = new Uint8Array(MAX_UNSTOPPED_BYTES + 3 * MEBIBYTE + 5).map((_, n) => n % 251);

const store = () => new MemoryS3(`${ADDRESS.endpoint}/${ADDRESS.name}`);
const bucketOf = (reach: typeof fetch) => new Bucket(ADDRESS, () => 0, reach, "service");
const writtenOf = (key: string, body: Uint8Array): Written => ({
  key,
  bytes: body.length,
  sha256: createHash("sha256").update(body).digest("hex"),
});
const never = async () => false;
const whole = { from: null, onBytes: () => {}, shouldStop: never };

/** Sends the first answers in pieces of a mebibyte, of which each breaks off after so many bytes. */
function breaking(reach: typeof fetch, breaks: number[]): typeof fetch {
  return async (input, init) => {
    const answer = await reach(input, init);
    const after = breaks.shift();
    const body = new Uint8Array(await answer.arrayBuffer());
    let at = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (after !== undefined && at >= after) return controller.error(new Error("Network connection lost."));
        if (at >= body.length) return controller.close();
        controller.enqueue(body.subarray(at, at + MEBIBYTE));
        at += MEBIBYTE;
      },
    });
    return new Response(stream, answer);
  };
}

let large: Written;
beforeAll(() => {
  large = writtenOf("large", LARGE);
});

it("goes on where a read was cut, with the object's ETag, and finds the same bytes", async () => {
  const s3 = store();
  s3.objects.set("large", LARGE);
  const asked: (string | null)[] = [];
  const reach: typeof fetch = (input, init) => {
    asked.push(new Headers(init?.headers).get("range"));
    return s3.fetch(input, init);
  };
  const bucket = bucketOf(breaking(reach, [5 * MEBIBYTE, 20 * MEBIBYTE]));
  expect(await readBack(bucket, large, whole)).toEqual({ is: "same" });
  expect(asked).toEqual([null, `bytes=${5 * MEBIBYTE}-`, `bytes=${25 * MEBIBYTE}-`]);
});

it("is cut when it brings nothing more, and is not a change", async () => {
  const s3 = store();
  s3.objects.set("large", LARGE);
  const found = await readBack(bucketOf(breaking(s3.fetch, [2 * MEBIBYTE, 0])), large, whole);
  expect(found).toMatchObject({ is: "cut" });
});

it("stops within a large object, and another invocation goes on from there", async () => {
  const s3 = store();
  s3.objects.set("large", LARGE);
  const bucket = bucketOf(breaking(s3.fetch, []));
  let from: PartlyRead | null = null;
  const places: number[] = [];
  for (let invocations = 0; invocations < 100; invocations += 1) {
    let bytes = 0;
    const onBytes = (read: number) => void (bytes += read);
    const found = await readBack(bucket, large, { from, onBytes, shouldStop: async () => bytes > 30 * MEBIBYTE });
    if (found.is !== "stopped") {
      expect([found, places.length]).toEqual([{ is: "same" }, 2]);
      return;
    }
    // As the row keeps it.
    from = JSON.parse(JSON.stringify(found.partly)) as PartlyRead;
    places.push(from.at);
    expect(from.at % 64).toBe(0);
  }
  expect.fail("no end");
});

it("begins again where the object was replaced between two invocations, so that halves of two are never one", async () => {
  const s3 = store();
  s3.objects.set("large", LARGE);
  const bucket = bucketOf(breaking(s3.fetch, []));
  let bytes = 0;
  const stopping = { from: null, onBytes: (n: number) => void (bytes += n), shouldStop: async () => bytes > MEBIBYTE };
  const stopped = await readBack(bucket, large, stopping);
  if (stopped.is !== "stopped") throw new Error(stopped.is);
  const other = LARGE.slice();
  other[0] = 255;
  s3.objects.set("large", other);
  expect(await readBack(bucket, large, { ...whole, from: stopped.partly })).toMatchObject({ is: "different" });
  s3.objects.delete("large");
  expect(await readBack(bucket, large, { ...whole, from: stopped.partly })).toEqual({ is: "missing" });
});

it("compares the length before it reads, and the hash where the length is the same", async () => {
  const s3 = store();
  const body = new TextEncoder().encode("one row\n") as Uint8Array<ArrayBuffer>;
  const written = writtenOf("small", body);
  let read = 0;
  const counting = { ...whole, onBytes: (n: number) => void (read += n) };
  s3.objects.set("small", new Uint8Array(3));
  expect(await readBack(bucketOf(s3.fetch), written, counting)).toEqual({ is: "different", bytes: 3, sha256: null });
  expect(read).toBe(0);
  s3.objects.set("small", new Uint8Array(8));
  const { sha256 } = writtenOf("small", new Uint8Array(8));
  expect(await readBack(bucketOf(s3.fetch), written, counting)).toEqual({ is: "different", bytes: 8, sha256 });
  s3.objects.set("small", body);
  expect(await readBack(bucketOf(s3.fetch), written, counting)).toEqual({ is: "same" });
});

it("a body that ends too early is cut, and one that does not end is not read on", async () => {
  const body = new Uint8Array(10);
  const written = writtenOf("small", body);
  const short: typeof fetch = async () => new Response(new Uint8Array(4), { headers: { "content-length": "10" } });
  expect(await readBack(bucketOf(short), written, whole)).toMatchObject({ is: "cut" });
  let sent = 0;
  const endless: typeof fetch = async () =>
    new Response(
      new ReadableStream<Uint8Array>({
        pull(controller) {
          sent += 1;
          controller.enqueue(new Uint8Array(8));
        },
      }),
    );
  expect(await readBack(bucketOf(endless), written, whole)).toMatchObject({ is: "different" });
  expect(sent).toBeLessThan(10);
});
