/** Rejected lines are reported by their kind: the first of each, and how many there are. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Rejection } from "../../../client/src/import/events.ts";
import { RejectionLog } from "../../../client/src/import/rejections.ts";
import { folder } from "./support.ts";

const put = folder();
const rejection = (line: number, pointer: string, detail: string, values: string[] = []): Rejection => ({
  n: line,
  line,
  pointer,
  detail,
  values,
});

/** @returns what is printed: while the lines come, and at the end. */
function printed(rejections: Iterable<Rejection>, path: string | null = null): { first: string[]; end: string[] } {
  const lines: string[] = [];
  const log = new RejectionLog("orders.csv", path, (line) => lines.push(line));
  for (const each of rejections) log.add(each);
  const first = [...lines];
  log.close();
  return { first, end: lines.slice(first.length) };
}

test("25,000 equal errors are two lines: the first one, and their number", () => {
  const lines = Array.from({ length: 25_000 }, (_, n) => rejection(n + 2, "/occurred_at", `"day ${n}" is not a time.`));
  expect(printed(lines)).toEqual({
    first: ['orders.csv:2: /occurred_at: "day 0" is not a time.'],
    end: [
      "Errors that occurred more than once, each with its first line:",
      '  25,000 × orders.csv:2: /occurred_at: "day 0" is not a time.',
      "--errors FILE writes every rejected line.",
    ],
  });
});

describe("errors are of one kind", () => {
  test.each([
    ["the value", ["/a", '"x" is not a number.'], ["/a", '"y \\" z" is not a number.'], 1],
    ["a value that is cut", ["/a", '"xxx… is not a number.'], ["/a", '"yyy… is not a number.'], 1],
    ["the number", ["", "The line has 3 values."], ["", "The line has 41 values."], 1],
    ["the place in a list", ["/properties/lines/3/sku", "wrong"], ["/properties/lines/17/sku", "wrong"], 1],
    ["the property", ["/properties/a", "wrong"], ["/properties/b", "wrong"], 2],
    ["the error", ["/a", "It is empty."], ["/a", "It is too long."], 2],
  ])("where they differ in %s: %j, %j", (_, [at, detail], [otherAt, other], kinds) => {
    const { first } = printed([rejection(1, at ?? "", detail ?? ""), rejection(2, otherAt ?? "", other ?? "")]);
    expect(first).toHaveLength(kinds);
  });

  test("where they differ in the row's own ids", () => {
    const unknown = (line: number, id: string) =>
      rejection(line, "/person_id", `The space has no profile ${id}.`, [id]);
    expect(printed([unknown(1, "ada"), unknown(2, "bob the 2nd"), unknown(3, "a")]).first).toHaveLength(1);
  });
});

test("a file has every rejected line", () => {
  const path = put("errors.ndjson");
  const { end } = printed(
    [1, 2, 3].map((line) => rejection(line, "/a", "wrong", ["id"])),
    path,
  );
  expect(end).toHaveLength(2);
  const lines = readFileSync(path, "utf8").trim().split("\n");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
    [1, 2, 3].map((line) => ({ line, pointer: "/a", detail: "wrong" })),
  );
});

test("of very many kinds the first are shown, and the number of the others", () => {
  const names = Array.from({ length: 3_000 }, (_, n) => `/${String.fromCodePoint(0x4e00 + n)}`);
  const { first, end } = printed(
    names.flatMap((name, n) => [rejection(2 * n, name, "wrong"), rejection(2 * n + 1, name, "wrong")]),
  );
  expect(first).toHaveLength(25);
  expect(end).toHaveLength(28);
  expect(end.at(-2)).toBe("  … and more than 975 further kinds of errors.");
});
