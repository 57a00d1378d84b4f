/** A line of the log: texts that others wrote are cut and cleaned. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { log, logFailure } from "../src/log.ts";

let lines: string[];

beforeEach(() => {
  lines = [];
  for (const method of ["log", "error"] as const)
    vi.spyOn(console, method).mockImplementation((line: unknown) => void lines.push(String(line)));
});
afterEach(() => void vi.restoreAllMocks());

const read = () => JSON.parse(lines[0] ?? "") as Record<string, unknown>;

it("has texts of 500 characters at most", () => {
  log("x", { code: "a".repeat(501), short: "b".repeat(500) });
  expect(read()).toEqual({ event: "x", code: `${"a".repeat(500)}…`, short: "b".repeat(500) });
});

it("is one line without control characters and marks of direction", () => {
  const sent = "a\nb\r\u001b[31mc\u0000d\u0085e\u2028f\u202eg\u2066h";
  logFailure("x", new Error(sent));
  expect(read()["error"]).toBe("Error: a�b��[31mc�d�e�f�g�h");
  expect(lines[0]).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
});

it("cuts addresses, whatever they contain", () => {
  const address = "https://user:word@shop.example/hooks/t0ken/a?key=s3cret#x";
  logFailure("x", new Error("outer", { cause: new TypeError(`cannot reach ${address}.`) }));
  expect(read()["error"]).toBe("TypeError: cannot reach https://shop.example/hooks/t0ken…");
});

it("stays short for a text that is all address, or megabytes long", () => {
  log("x", { error: `https://shop.example/${"a".repeat(10_000_000)}` });
  expect(lines[0]?.length).toBeLessThan(600);
});

it("keeps numbers and truths as they are", () => {
  log("x", { rows: 3, done: true, none: null });
  expect(read()).toEqual({ event: "x", rows: 3, done: true, none: null });
});
