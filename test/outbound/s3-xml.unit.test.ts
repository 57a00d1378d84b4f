/** XML of foreign stores: what is built to be large, deep or ambiguous is read in bounded time, or not at all. */

import { describe, expect, it } from "vitest";
import { keysIn, refusalIn, uploadIdIn, uploadsIn } from "../../src/outbound/s3-xml.ts";

const upload = (id: string) =>
  `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`;

describe("an answer", () => {
  it("whose entities expand each other is no answer", () => {
    const names = Array.from({ length: 9 }, (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(10)}">`).join("");
    const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "boom">${names}]><Error><Code>&e9;</Code></Error>`;
    expect(refusalIn(bomb).code.length).toBeLessThan(1_000);
  });

  it("that repeats a long entity is no answer", () => {
    const bomb = `<!DOCTYPE x [<!ENTITY a "${"b".repeat(9_000)}">]><Error><Code>${"&a;".repeat(100_000)}</Code></Error>`;
    expect(refusalIn(bomb).code.length).toBeLessThan(300_001);
  });

  it("of 200,000 open elements is no answer", () => {
    expect(refusalIn("<a>".repeat(200_000))).toEqual({ code: "", message: "", region: "" });
  });

  it.each(["<Error><Code>a</Code><Code>b</Code></Error>", "<Error/>", "<Error></Error>", "hello", "", "{}"])(
    "%j has no code",
    (text) => {
      expect(refusalIn(text).code).toBe("");
    },
  );

  it.each(["__proto__", "constructor", "hasOwnProperty"])("with an element %s is read as any other", (name) => {
    expect(refusalIn(`<Error><${name}>x</${name}><Code>AccessDenied</Code></Error>`).code).toMatch(/^(AccessDenied)?$/);
    expect({}).not.toHaveProperty("x");
  });

  it("names an upload by an id that can be kept", () => {
    expect(uploadIdIn(upload("u".repeat(2_048)))).toBe("u".repeat(2_048));
    expect(uploadIdIn(upload("u".repeat(2_049)))).toBeNull();
    expect(uploadIdIn(upload(""))).toBeNull();
  });

  it("lists a thousand keys whose every character is an entity", () => {
    const item = `<Contents><Key>${"a".repeat(200)}</Key><ETag>&quot;etag&quot;</ETag></Contents>`;
    expect(keysIn(`<ListBucketResult>${item.repeat(1_000)}</ListBucketResult>`)).toHaveLength(1_000);
    expect(uploadsIn("<ListMultipartUploadsResult/>")).toEqual([]);
  });
});
