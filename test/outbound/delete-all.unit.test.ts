/** A thousand objects are deleted in one call, and an object that was not deleted is no success. */

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Bucket } from "../../src/outbound/s3.ts";

/** A bucket whose store gives this answer. */
function answering(answer: string) {
  const seen: Request[] = [];
  const reach: typeof fetch = async (input, init) => {
    seen.push(new Request(input, init));
    return new Response(answer, { headers: { "content-type": "application/xml" } });
  };
  const address = {
    endpoint: "https://s3.example",
    name: "own",
    region: "auto",
    accessKeyId: "k",
    secretAccessKey: "s",
  };
  return { bucket: new Bucket(address, () => 0, reach, "service"), seen };
}

const keys = Array.from({ length: 1_000 }, (_, n) => `spaces/a/${n}`);

describe("a list of objects", () => {
  it("is deleted in one call, with the hashes that S3 wants", async () => {
    const { bucket, seen } = answering("<DeleteResult/>");
    await bucket.deleteAll(keys);
    const [request, ...more] = seen;
    const body = (await request?.text()) ?? "";
    expect([request?.method, request?.url, more.length]).toEqual(["POST", "https://s3.example/own?delete=", 0]);
    expect(body.match(/<Key>/g)).toHaveLength(1_000);
    expect(request?.headers.get("content-md5")).toBe(createHash("md5").update(body).digest("base64"));
  });

  it("without any needs no call", async () => {
    const { bucket, seen } = answering("");
    await bucket.deleteAll([]);
    expect(seen).toEqual([]);
  });

  it.each([
    ["an object that was kept", "<DeleteResult><Error><Key>a</Key><Code>InternalError</Code></Error></DeleteResult>"],
    ["no list at all", "<html></html>"],
  ])("is tried again after an answer with %s", async (_what, answer) => {
    await expect(answering(answer).bucket.deleteAll(keys)).rejects.toMatchObject({
      code: "destination_unavailable",
      owner: "service",
      retryable: true,
    });
  });
});
