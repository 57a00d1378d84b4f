/** Comments end at 120 characters a line, as code does: the formatter leaves them as they are. */

/// <reference types="vite/types/importMeta.d.ts" />
import { describe, expect, it } from "vitest";

const SOURCES = import.meta.glob<string>(
  [
    "../../src/**/*.ts",
    "../../scripts/**/*.{ts,cjs}",
    "../../test/**/*.ts",
    "../../tracker/*.ts",
    "../../client/src/**/*.ts",
    "!../../client/src/generated/**",
    "../../console/*.ts",
    "../../console/src/**/*.{ts,tsx}",
    "!../../src/env.d.ts",
  ],
  { query: "?raw", import: "default", eager: true },
);

const COMMENT = /^\s*(\/\/|\/\*|\* )/;
const MAX_LENGTH = 120;

/** The lines of comments that are too long, by their numbers. */
const tooLong = (source: string) =>
  source.split("\n").flatMap((line, n) => (COMMENT.test(line) && line.length > MAX_LENGTH ? [n + 1] : []));

describe("a line of a comment", () => {
  it("is seen when it is one character too long", () => {
    const line = (length: number) => ` * ${"x".repeat(length - 3)}`;
    expect(tooLong([line(120), line(121), `const text = "${"x".repeat(200)}";`].join("\n"))).toEqual([2]);
  });

  it("has at most 120 characters in every file", () => {
    const found = Object.entries(SOURCES).flatMap(([file, source]) =>
      tooLong(source).map((line) => `${file.replace(/^(\.\.\/)+/, "")}:${line}`),
    );
    expect(Object.keys(SOURCES).length).toBeGreaterThan(300);
    expect(found).toEqual([]);
  });
});
