/** Ranges of /content, as RFC 9110, section 14, has them. */

import { describe, expect, it } from "vitest";
import { contentRange, partOf } from "../../src/http/exports/ranges.ts";

const ETAG = '"v1"';
const asked = (range: string | null, more: Record<string, string> = {}, method = "GET") =>
  partOf(
    new Request("https://spillway.test", { method, headers: { ...(range === null ? {} : { range }), ...more } }),
    10_000,
    ETAG,
  );

describe("a range of 10,000 bytes", () => {
  it.each([
    ["bytes=0-499", "bytes 0-499/10000"],
    ["bytes=500-999", "bytes 500-999/10000"],
    ["bytes=-500", "bytes 9500-9999/10000"],
    ["bytes=9500-", "bytes 9500-9999/10000"],
    ["bytes=0-0", "bytes 0-0/10000"],
    ["bytes=-1", "bytes 9999-9999/10000"],
    ["bytes=0-99999999999999999999", "bytes 0-9999/10000"],
    ["bytes=-99999", "bytes 0-9999/10000"],
    ["BYTES=9999-9999", "bytes 9999-9999/10000"],
    ["bytes=10000-", "bytes */10000"],
    ["bytes=99999999999999999999-", "bytes */10000"],
    ["bytes=-0", "bytes */10000"],
  ])("%s is %s", (range, expected) => {
    const part = asked(range);
    expect(part === null ? null : contentRange(part, 10_000)).toBe(expected);
  });

  it.each([
    null,
    "",
    "bytes=",
    "bytes=-",
    "bytes=5-2",
    "bytes=a-b",
    "bytes=1.5-2",
    "rows=0-9",
    "bytes 0-9",
    "bytes=0-1,5-6",
    "bytes=0-1, -1",
  ])("%j is ignored", (range) => {
    expect(asked(range)).toBeNull();
  });

  it("counts only for the bytes that If-Range names, and only with GET", () => {
    expect(asked("bytes=0-9", { "if-range": ETAG })).toEqual({ from: 0, length: 10 });
    expect(asked("bytes=0-9", { "if-range": '"v2"' })).toBeNull();
    expect(asked("bytes=0-9", { "if-range": 'W/"v1"' })).toBeNull();
    expect(asked("bytes=0-9", { "if-range": "Sun, 01 Mar 2026 12:00:00 GMT" })).toBeNull();
    expect(asked("bytes=0-9", {}, "HEAD")).toBeNull();
  });
});

it("no range of an empty content exists", () => {
  const request = new Request("https://spillway.test", { headers: { range: "bytes=0-" } });
  expect(partOf(request, 0, ETAG)).toBe("beyond");
});
