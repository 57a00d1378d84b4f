/**
 * docs/dialects/statements.md: each row says what holds here, where it is done, and which test holds it. Links of every
 * page are tested in links.unit.test.ts.
 */

import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { proseOf, ROOT } from "../support/pages.ts";

const PATH = "docs/dialects/statements.md";
const LINK = /\]\(([^)\s#]+)(?:#[^)\s]*)?\)(?:: `([^`]*)`)?/g;
const KINDS = ["done", "differs", "out of scope"] as const;

interface Row {
  statement: string;
  here: string;
  doneIn: string;
  test: string;
}

const lines = proseOf({ path: PATH, text: readFileSync(join(ROOT, PATH), "utf8") }).map(({ text }) => text);
const cellsOf = (line: string) =>
  line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The rows of the table below each heading. The first table is the summary. */
const areas = new Map<string, Row[]>();
const summary: string[][] = [];
for (const line of lines) {
  const area = [...areas.keys()].at(-1);
  const title = /^## (.*)$/.exec(line)?.[1];
  if (title !== undefined) areas.set(title, []);
  if (!line.startsWith("| ") || /^\| (---|statement |area )/.test(line)) continue;
  const [statement = "", here = "", doneIn = "", test = ""] = cellsOf(line);
  if (area === undefined) summary.push(cellsOf(line));
  else areas.get(area)?.push({ statement, here, doneIn, test });
}
const rows = [...areas.values()].flat();

const kindOf = ({ here }: Row) =>
  here === "done" ? "done" : (KINDS.find((kind) => kind !== "done" && here.startsWith(`${kind}: `)) ?? "");

/** The tests that a row names: the file's path, and the title where the row has one. */
const testsOf = ({ test }: Row) =>
  [...test.matchAll(LINK)].map(([, path = "", title]) => ({ file: normalize(join(dirname(PATH), path)), title }));

const isFound = ({ file, title }: { file: string; title?: string | undefined }) =>
  title === undefined || readFileSync(join(ROOT, file), "utf8").includes(title.replaceAll("\\|", "|"));

describe("the statements of the products' pages", () => {
  it("are done, differ or are out of scope, with the reason where they are not done", () => {
    expect(rows.length).toBeGreaterThan(300);
    expect(rows.filter((row) => kindOf(row) === "").map(({ statement }) => statement)).toEqual([]);
  });

  it("are in their area once", () => {
    const twice = [...areas].flatMap(([area, own]) => {
      const statements = own.map(({ statement }) => statement);
      return statements.filter((each, n) => statements.indexOf(each) !== n).map((each) => `${area}: ${each}`);
    });
    expect(twice).toEqual([]);
  });

  it("have a place where they are done, and a test, where they hold or differ", () => {
    const lacking = rows.filter(
      (row) => kindOf(row) !== "out of scope" && (!row.doneIn.includes("](") || testsOf(row).length === 0),
    );
    expect(lacking.map(({ statement }) => statement)).toEqual([]);
  });

  it("name tests whose titles are in the files that they name", () => {
    const missing = rows.flatMap((row) => testsOf(row).filter((each) => !isFound(each)));
    expect(missing).toEqual([]);
    const tests = rows.flatMap(testsOf);
    expect(tests.filter(({ file }) => !file.startsWith("test/"))).toEqual([]);
  });

  it("are counted in the summary as the tables have them", () => {
    const count = (own: readonly Row[]) =>
      [own.length, ...KINDS.map((kind) => own.filter((row) => kindOf(row) === kind).length)].map(String);
    const anchor = (title: string) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, "")
        .replaceAll(" ", "-");
    const counted = [...areas].map(([title, own]) => [`[${title}](#${anchor(title)})`, ...count(own)]);
    expect(summary).toEqual([...counted, ["all", ...count(rows)]]);
  });
});
