/** Foreign servers that answer without end: each outbound call reads a bounded part of the answer, and cancels it. */

import { describe, expect, it } from "vitest";
import { readStartText, readWhole } from "../../src/outbound/bodies.ts";
import { Bucket, sha256Hex, utf8 } from "../../src/outbound/s3.ts";
import { RoleSessions } from "../../src/outbound/sts.ts";
import { resolver } from "../../src/outbound/url-guard.ts";
import { post } from "../../src/outbound/webhook.ts";
import { START } from "../support/service.ts";

const PIECE = 65_536;
const MEBIBYTE = 1_048_576;

/** A server whose answers have this status, and bodies without end. */
function endless(status: number, headers: Record<string, string> = {}) {
  const served = { bytes: 0, canceled: 0, answers: 0 };
  const reach: typeof fetch = async () => {
    served.answers += 1;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          served.bytes += PIECE;
          if (served.bytes > 64 * MEBIBYTE) throw new Error("the body is read without end");
          controller.enqueue(new Uint8Array(PIECE).fill(60));
        },
        cancel: () => void (served.canceled += 1),
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { status, headers });
  };
  return { reach, served };
}

const BODY = utf8("rows");
const DIGEST = await sha256Hex(BODY);

const bucketOf = (reach: typeof fetch, conditional: "yes" | "look" | "no" = "yes") =>
  new Bucket(
    {
      url: "https://acme-exports.example",
      region: "eu-central-1",
      credentials: async () => ({ accessKeyId: "k", secretAccessKey: "s" }),
      headers: {},
      conditionalPut: conditional,
      conditionalComplete: conditional,
    },
    () => START,
    reach,
    "customer",
  );

/** Every call of a bucket. */
const CALLS: [string, (bucket: Bucket) => Promise<unknown>][] = [
  ["putOnce", (bucket) => bucket.putOnce("a", BODY, DIGEST, "text/plain")],
  ["read", (bucket) => bucket.read("a", { from: 0, length: BODY.length })],
  ["delete", (bucket) => bucket.delete("a")],
  ["deleteAll", (bucket) => bucket.deleteAll(["a", "b"])],
  ["list", (bucket) => bucket.list("a")],
  ["listUploads", (bucket) => bucket.listUploads("a")],
  ["createUpload", (bucket) => bucket.createUpload("a", "text/plain")],
  ["uploadPart", (bucket) => bucket.uploadPart("a", "u", 1, BODY, DIGEST)],
  ["completeUpload", (bucket) => bucket.completeUpload("a", "u", [], { bytes: BODY.length, sha256: DIGEST })],
  ["abortUpload", (bucket) => bucket.abortUpload("a", "u")],
];

const methods = Object.getOwnPropertyNames(Bucket.prototype).filter((name) => name !== "constructor");

it("every call of a bucket is in the table, but those that hand the stream or no answer on", () => {
  expect(CALLS.map(([name]) => name).toSorted()).toEqual(
    methods.filter((name) => !["get", "getFrom", "presign"].includes(name)).toSorted(),
  );
});

describe.each([200, 403, 404, 412, 501, 503])("a store that answers %i", (status) => {
  it.each(CALLS)("is read in bounds by %s", async (_name, call) => {
    for (const conditional of ["yes", "look", "no"] as const) {
      const { reach, served } = endless(status);
      await call(bucketOf(reach, conditional)).catch(() => {});
      expect(served.bytes / served.answers).toBeLessThanOrEqual(4 * MEBIBYTE + 2 * PIECE);
      expect(served.canceled).toBe(served.answers);
    }
  });
});

it("a refusal's text is read to its first 64 kB", async () => {
  const { reach, served } = endless(403);
  await expect(bucketOf(reach).delete("a")).rejects.toMatchObject({ code: "bucket_denied" });
  expect(served.bytes).toBeLessThanOrEqual(2 * PIECE);
});

it.each([200, 403, 500])("an STS that answers %i is read in bounds", async (status) => {
  const { reach, served } = endless(status);
  const settings = { accessKeyId: "k", secretAccessKey: "s", endpoint: "https://sts.example" };
  const role = { roleArn: "arn:aws:iam::1:role/r", externalId: null, sessionName: "s", policy: "{}", region: "r" };
  await expect(new RoleSessions(settings, () => START, reach).assume(role)).rejects.toThrow();
  expect([served.bytes <= 2 * PIECE, served.canceled]).toEqual([true, 1]);
});

it.each([200, 503])("a resolver that answers %i is read in bounds", async (status) => {
  const { reach, served } = endless(status);
  await expect(resolver(reach, () => 0)("shop.example")).rejects.toThrow();
  expect(served.bytes).toBeLessThanOrEqual(2 * 2 * PIECE);
});

it.each([200, 500])("a webhook's receiver that answers %i is not read", async (status) => {
  const { reach, served } = endless(status);
  const webhook = { url: "https://shop.example/", id: "evt_1", body: "{}", secrets: ["whsec_AAAA"] };
  await post(reach, () => START, webhook);
  expect([served.bytes <= PIECE, served.canceled]).toEqual([true, 1]);
});

describe("a body that is read", () => {
  /** Gzip makes a megabyte of a thousandth of it. */
  const bomb = (mebibytes: number) => {
    const piece = new Uint8Array(MEBIBYTE);
    let left = mebibytes;
    const plain = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left === 0) return controller.close();
        left -= 1;
        controller.enqueue(piece.slice());
      },
    });
    return new Response(plain.pipeThrough(new CompressionStream("gzip")).pipeThrough(new DecompressionStream("gzip")));
  };

  it("is counted as it is decoded", async () => {
    await expect(readWhole(bomb(32), MEBIBYTE)).rejects.toThrow("more than 1048576 bytes");
  });

  it.each([
    [10, 10],
    [11, 10],
    [0, 10],
  ])("of %i bytes is whole up to its limit, or its first %i", async (bytes, limit) => {
    const response = () => new Response(new Uint8Array(bytes).fill(97));
    const whole = await readWhole(response(), limit).then(
      (read) => read.length,
      () => "refused",
    );
    expect(whole).toBe(bytes > limit ? "refused" : bytes);
    expect(await readStartText(response(), limit)).toBe("a".repeat(Math.min(bytes, limit)));
  });
});
