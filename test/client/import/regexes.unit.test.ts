/**
 * Every regular expression of the import takes time in proportion to its text: one long value of a file must not stop
 * the import. Quadratic time would take minutes here, beyond the limit of a test.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { dateReader } from "../../../client/src/import/dates.ts";
import { numberOf } from "../../../client/src/import/values.ts";
import { ROOT } from "../../../scripts/stack.ts";

const FOLDER = join(ROOT, "client", "src", "import");
/** A literal: after an operator or a parenthesis, with classes that may have a slash. */
const LITERAL = /(?<=[=(,:?|&!{]\s*)\/(?![/*])((?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([a-z]*)/g;
const LENGTH = 60_000;
const PIECES = [
  "0",
  "1",
  "00",
  "1.",
  ".",
  "e",
  "1e",
  " ",
  "a",
  "A",
  "_",
  "'",
  '"',
  "\\",
  "{",
  "{}",
  "}",
  ",",
  ":",
  "-",
  "/0",
  "[",
  "T",
];

const sources = readdirSync(FOLDER).map((name): [string, string] => [name, readFileSync(join(FOLDER, name), "utf8")]);
const found = sources.flatMap(([name, text]) => {
  const code = text.replaceAll(/^\s*(?:\/\*\*|\*|\/\/).*$/gm, "");
  return [...code.matchAll(LITERAL)].map(([, pattern = "", flags = ""]): [string, string, string] => [
    name,
    pattern,
    flags,
  ]);
});

test("the expressions are found in the sources", () => {
  expect(found.length).toBeGreaterThan(15);
  const files = new Set(found.map(([name]) => name));
  expect([...files]).toEqual(expect.arrayContaining(["dates.ts", "template.ts", "values.ts", "rejections.ts"]));
});

describe("a long text ends", () => {
  test.each(found)("%s: /%s/%s", (_, pattern, flags) => {
    for (const piece of PIECES)
      for (const [before, after] of [
        ["", "!"],
        [":", "!"],
        ["1.", "!"],
        ["", "1!"],
        ["", ""],
      ]) {
        const text = `${before}${piece.repeat(LENGTH / piece.length)}${after}`;
        expect(text.replace(new RegExp(pattern, flags), "").length).toBeLessThanOrEqual(text.length);
      }
  });

  test("as a number, and as a time in a pattern", () => {
    for (const digits of ["1".repeat(LENGTH), "0".repeat(LENGTH), `1${"0".repeat(LENGTH)}1`]) {
      expect(numberOf(`${digits}x`, ".")).toHaveProperty("problem");
      expect(numberOf(digits, ".")).toBeDefined();
      const read = dateReader({ format: "d.M.yyyy H:mm S", timezone: "UTC", clockChange: "compatible" });
      expect(read(digits)).toHaveProperty("problem");
    }
  });
});
