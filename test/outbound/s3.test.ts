/**
 * The S3 client against a real S3 endpoint: what is written once stays, refusals have names, links work for their time.
 */

import { describe, expect, it, vi } from "vitest";
import { env } from "cloudflare:workers";
import { readConfig } from "../../src/config.ts";
import { SpillwayError } from "../../src/errors.ts";
import { Bucket, type BucketAddress, sha256Hex, utf8 } from "../../src/outbound/s3.ts";
import { reach } from "../support/service.ts";

const ADDRESS = readConfig({ ...env }).bucket;
const TYPE = "text/plain";
const MISSING_UPLOAD = "no-such-upload";

const bucketAt = (more: Partial<BucketAddress> = {}, now: () => number = Date.now) =>
  new Bucket({ ...ADDRESS, ...more }, now, reach);
const newKey = () => `tests/s3/${crypto.randomUUID()}`;

async function put(bucket: Bucket, key: string, text: string): Promise<void> {
  const body = utf8(text);
  await bucket.putOnce(key, body, await sha256Hex(body), TYPE);
}

async function textAt(bucket: Bucket, key: string): Promise<string | null> {
  return (await (await bucket.get(key))?.text()) ?? null;
}

/** @returns the code that it fails with, or `none`. */
async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "none",
    (thrown: unknown) => (thrown instanceof SpillwayError ? thrown.code : String(thrown)),
  );
}

describe("an object that is put once", () => {
  it("is there with its bytes and its type", async () => {
    const [bucket, key] = [bucketAt(), newKey()];
    await put(bucket, key, "first");
    const response = await bucket.get(key);
    expect(response?.headers.get("content-type")).toBe(TYPE);
    expect(await response?.text()).toBe("first");
  });

  it("may be put again with the same bytes", async () => {
    const [bucket, key] = [bucketAt(), newKey()];
    await put(bucket, key, "first");
    await put(bucket, key, "first");
    expect(await textAt(bucket, key)).toBe("first");
  });

  it("is not overwritten by other bytes", async () => {
    const [bucket, key] = [bucketAt(), newKey()];
    await put(bucket, key, "first");
    expect(await codeOf(put(bucket, key, "other"))).toBe("destination_conflict");
    expect(await textAt(bucket, key)).toBe("first");
  });

  it("may be empty, and then conflicts with what is not", async () => {
    const [bucket, key] = [bucketAt(), newKey()];
    await put(bucket, key, "");
    await put(bucket, key, "");
    expect(await codeOf(put(bucket, key, "other"))).toBe("destination_conflict");
  });

  it("is the same for two who put it at once, and one of two that differ wins", async () => {
    const [bucket, key] = [bucketAt(), newKey()];
    const codes = await Promise.all(["one", "one", "two"].map((text) => codeOf(put(bucket, key, text))));
    const stored = await textAt(bucket, key);
    expect(codes).toEqual(
      stored === "one"
        ? ["none", "none", "destination_conflict"]
        : ["destination_conflict", "destination_conflict", "none"],
    );
  });

  it("is refused when its bytes are not those of its hash", async () => {
    const [bucket, key] = [bucketAt(), newKey()];
    const wrong = await sha256Hex(utf8("other"));
    expect(await codeOf(bucket.putOnce(key, utf8("first"), wrong, TYPE))).not.toBe("none");
    expect(await textAt(bucket, key)).toBeNull();
  });
});

describe("reading and deleting", () => {
  it("gives a part of an object", async () => {
    const [bucket, key] = [bucketAt(), newKey()];
    await put(bucket, key, "0123456789");
    expect(await (await bucket.get(key, { from: 3, length: 4 }))?.text()).toBe("3456");
  });

  it("gives null for an object that is not there", async () => {
    expect(await bucketAt().get(newKey())).toBeNull();
  });

  it("deletes an object, and does so again when it is already deleted", async () => {
    const [bucket, key] = [bucketAt(), newKey()];
    await put(bucket, key, "first");
    await bucket.delete(key);
    await bucket.delete(key);
    expect(await textAt(bucket, key)).toBeNull();
  });

  it("ends an upload that was never begun without complaint", async () => {
    expect(await codeOf(bucketAt().abortUpload(newKey(), MISSING_UPLOAD))).toBe("none");
  });
});

describe("a refusal", () => {
  it.each<[string, Partial<BucketAddress>, string]>([
    ["of a wrong secret", { secretAccessKey: "wrong" }, "bucket_denied"],
    ["of an unknown key id", { accessKeyId: "nobody" }, "bucket_denied"],
    ["for want of the bucket", { name: "no-such-bucket" }, "bucket_not_found"],
    ["of the connection", { endpoint: "http://127.0.0.1:9" }, "destination_unavailable"],
  ])("%s is recognized by its code", async (_what, more, code) => {
    expect(await codeOf(put(bucketAt(more), newKey(), "first"))).toBe(code);
  });

  it("of a clock that is an hour late is recognized by its code", async () => {
    const late = bucketAt({}, () => Date.now() - 3_600_000);
    expect(await codeOf(put(late, newKey(), "first"))).toBe("clock_skew");
  });

  it("has the store's own code, and none of its words", async () => {
    const work = put(bucketAt({ secretAccessKey: "wrong" }), newKey(), "first");
    const thrown = await work.catch((error: unknown) => error);
    expect((thrown as Error).message).toBe(
      "The store answered 403 SignatureDoesNotMatch: the secret access key does not belong to its access key id: correct the destination's secret_access_key.",
    );
  });
});

describe("a link", () => {
  it("returns the object without credentials", async () => {
    const [bucket, key] = [bucketAt(), newKey()];
    await put(bucket, key, "first");
    const response = await fetch(await bucket.presign(key, 900));
    expect([response.status, await response.text()]).toEqual([200, "first"]);
  });

  it("works to the last of its time, and not after it", async () => {
    const key = newKey();
    await put(bucketAt(), key, "first");
    const madeAgo = async (seconds: number) => {
      const response = await fetch(await bucketAt({}, () => Date.now() - seconds * 1000).presign(key, 900));
      await response.body?.cancel();
      return response.ok;
    };
    expect([await madeAgo(840), await madeAgo(960)]).toEqual([true, false]);
  });

  it.each([
    ["for another object", (url: URL) => (url.pathname += "x")],
    ["for a longer time", (url: URL) => url.searchParams.set("X-Amz-Expires", "90000")],
    ["with a signature that is cut", (url: URL) => url.searchParams.set("X-Amz-Signature", "0".repeat(64))],
  ])("is refused when it is altered: %s", async (_what, alter) => {
    const [bucket, key] = [bucketAt(), newKey()];
    await put(bucket, key, "first");
    await put(bucket, `${key}x`, "other");
    const url = new URL(await bucket.presign(key, 900));
    alter(url);
    const response = await fetch(url);
    await response.body?.cancel();
    expect(response.status).toBe(403);
  });

  it("reads and does not write", async () => {
    const [bucket, key] = [bucketAt(), newKey()];
    await put(bucket, key, "first");
    const response = await fetch(await bucket.presign(key, 900), { method: "PUT", body: "other" });
    await response.body?.cancel();
    expect(response.status).toBe(403);
    expect(await textAt(bucket, key)).toBe("first");
  });
});

it.each(["a b", "a?b", "a#b", "a%2fb", "é", "a+b", "a\\b", "", "a\nb"])(
  "refuses the key %j before it is sent",
  async (key) => {
    const bucket = bucketAt();
    await expect(bucket.get(key)).rejects.toThrow(/object key/);
    await expect(put(bucket, key, "first")).rejects.toThrow(/object key/);
    await expect(bucket.presign(key, 900)).rejects.toThrow(/object key/);
  },
);

describe("an object that is read slowly", () => {
  it("is not cut off once its answer has begun", async () => {
    vi.useFakeTimers();
    try {
      let signal: AbortSignal | null | undefined;
      const answering: typeof fetch = async (_input, init) => {
        signal = init?.signal;
        return new Response("rows");
      };
      const bucket = new Bucket(ADDRESS, Date.now, answering);
      const response = await bucket.get(newKey());
      vi.advanceTimersByTime(3_600_000);
      expect(signal?.aborted).toBe(false);
      expect(await response?.text()).toBe("rows");
    } finally {
      vi.useRealTimers();
    }
  });
});
