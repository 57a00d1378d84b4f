/** The in-memory bucket behaves like a real one: the same results as the S3 endpoint of the other tests. */

import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { SpillwayError } from "../../src/errors.ts";
import { Bucket, sha256Hex, utf8 } from "../../src/outbound/s3.ts";
import { MemoryS3 } from "../support/faults/memory-s3.ts";
import { reach } from "../support/service.ts";

const ADDRESS = readConfig({ ...env }).bucket;
const PART = 5 * 1_048_576;
const TYPE = "text/plain";

function inMemory(): Bucket {
  const s3 = new MemoryS3(`${ADDRESS.endpoint}/${ADDRESS.name}`);
  const answer: typeof fetch = async (input, init) => {
    const body = init?.body instanceof Uint8Array ? init.body.slice() : new Uint8Array();
    return s3.answer(
      init?.method ?? "GET",
      input instanceof Request ? input.url : input.toString(),
      new Headers(init?.headers),
      body,
    );
  };
  return new Bucket(ADDRESS, () => Date.now(), answer);
}

/** The outcome of a call: its answer, or the code that it fails with. */
async function outcome(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (value) => value ?? "done",
    (thrown: unknown) => (thrown instanceof SpillwayError ? thrown.code : String(thrown)),
  );
}

/** A round through everything the product asks of a bucket. @returns what each call gave. */
async function tour(bucket: Bucket, prefix: string): Promise<unknown[]> {
  const outcomes: unknown[] = [];
  const note = async (work: Promise<unknown>) => void outcomes.push(await outcome(work));
  const put = async (name: string, text: string) => {
    const body = utf8(text);
    await note(bucket.putOnce(`${prefix}${name}`, body, await sha256Hex(body), TYPE));
  };
  const read = async (name: string, range?: { from: number; length: number }) => {
    const bytes = await bucket
      .read(`${prefix}${name}`, range ?? { from: 0, length: 100 })
      .catch((thrown: SpillwayError) => utf8(thrown.code));
    outcomes.push(bytes === null ? "nothing" : [bytes.length, new TextDecoder().decode(bytes.slice(0, 40))]);
  };
  const names = async () => outcomes.push((await bucket.list(prefix)).map((key) => key.slice(prefix.length)));
  await put("one", "0123456789");
  await put("one", "0123456789");
  await put("one", "another");
  await read("one");
  await read("one", { from: 3, length: 4 });
  await read("one", { from: 8, length: 40 });
  await read("one", { from: 10, length: 4 });
  await read("none");
  await note(bucket.delete(`${prefix}none`));

  const etag = (await bucket.get(`${prefix}one`))?.headers.get("etag") ?? "";
  for (const [name, from, tag] of [
    ["one", 4, etag],
    ["one", 4, '"another"'],
    ["one", 10, etag],
    ["none", 0, etag],
  ] as const) {
    const answer = await bucket.getFrom(`${prefix}${name}`, from, tag);
    outcomes.push(
      answer === null ? "nothing" : [answer.status, answer.headers.get("content-length"), await answer.text()],
    );
  }

  const uploadId = await bucket.createUpload(`${prefix}big`, TYPE);
  const parts = [];
  for (const [place, size] of [PART, PART, 3].entries()) {
    const body = new Uint8Array(size).fill(65 + place);
    parts.push(await bucket.uploadPart(`${prefix}big`, uploadId, place + 1, body, await sha256Hex(body)));
  }
  await names();
  const whole = { bytes: PART * 2 + 3, sha256: "" };
  await note(bucket.completeUpload(`${prefix}big`, uploadId, parts, whole));
  await read("big", { from: PART * 2 - 2, length: 5 });
  await names();
  const other = await bucket.createUpload(`${prefix}other`, TYPE);
  await note(bucket.abortUpload(`${prefix}other`, other));
  await note(bucket.abortUpload(`${prefix}other`, other));
  await note(bucket.completeUpload(`${prefix}other`, other, parts, whole));
  await put("_two_", "2");
  await note(bucket.delete(`${prefix}big`));
  await names();
  await note(bucket.deleteAll(["one", "_two_", "none"].map((name) => `${prefix}${name}`)));
  await names();
  return outcomes;
}

// The list of uploads is not among them: the local endpoint has none.
it("answers as a real one does", async () => {
  const prefix = `tests/memory-s3/${crypto.randomUUID()}/`;
  const real = await tour(new Bucket(ADDRESS, () => Date.now(), reach), prefix);
  expect(await tour(inMemory(), prefix)).toEqual(real);
  expect(real).toContainEqual(["big", "one"]);
});

it("lists the uploads that are in progress", async () => {
  const bucket = inMemory();
  const [first, second] = [await bucket.createUpload("a/1", TYPE), await bucket.createUpload("a/2", TYPE)];
  await bucket.createUpload("b/1", TYPE);
  await bucket.abortUpload("a/1", first);
  expect(await bucket.listUploads("a/")).toEqual([{ key: "a/2", uploadId: second }]);
});

it("rejects what is not signed, or does not match its hash", async () => {
  const s3 = new MemoryS3(`${ADDRESS.endpoint}/${ADDRESS.name}`);
  const url = `${ADDRESS.endpoint}/${ADDRESS.name}/key`;
  expect(s3.answer("PUT", url, new Headers(), utf8("x")).status).toBe(403);
  const headers = new Headers({ authorization: "AWS4-HMAC-SHA256 -", "x-amz-content-sha256": "0" });
  expect(s3.answer("PUT", url, headers, utf8("x")).status).toBe(400);
  expect(s3.keysBelow("")).toEqual([]);
});
