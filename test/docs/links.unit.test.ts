/** Links of the pages work, the pages keep to their maximum lengths, and names in them exist in the source. */

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERRORS } from "../../src/errors.ts";
import { type Page, proseOf, readPages, ROOT } from "../support/pages.ts";

const MAX_README_LINES = 200;
const MAX_README_BYTES = 10_240;
const MAX_LINES_WITHOUT_CONTENTS = 150;
const MAX_PROSE_CHARACTERS = 120;

/** The text of each file of src/. */
const SOURCE = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => text(join("src", path)));

const pages = readPages();
/** Read from the top: a table of contents would not help. */
const PAGES_IN_ORDER = ["README.md", "CHANGELOG.md"];

const named = pages.map((page) => [page.path, page] as const);

describe.each(named)("%s", (path, page) => {
  it("has links that lead to a file or a heading", () => {
    expect(brokenLinks(page)).toEqual([]);
  });

  it("ends its lines of prose at 120 characters", () => {
    const long = proseOf(page).filter(
      (line) => line.text.length > MAX_PROSE_CHARACTERS && !/^\s*(\||- \[)/.test(line.text),
    );
    expect(long.map(({ line }) => `${path}:${line}`)).toEqual([]);
  });

  it("mentions no issue numbers", () => {
    const numbers = proseOf(page).filter((line) => /(^|[\s(])#\d+\b|\bissues?\s+#?\d+/i.test(line.text));
    expect(numbers.map(({ line }) => `${path}:${line}`)).toEqual([]);
  });

  it("has a table of contents when it is long", () => {
    const headings = headingsOf(page).filter(({ level }) => level === 2);
    if (page.text.split("\n").length <= MAX_LINES_WITHOUT_CONTENTS || PAGES_IN_ORDER.includes(path)) return;
    const missing = headings.filter(({ anchor }) => !page.text.includes(`](#${anchor})`));
    expect(missing.map(({ anchor }) => anchor)).toEqual([]);
  });

  it("names tests and scripts that exist", () => {
    const paths = [...page.text.matchAll(/\btest\/[\w./-]*\w/g)].map(([found]) => found);
    expect(paths.filter((found) => !existsSync(join(ROOT, found)))).toEqual([]);
    const scripts = Object.keys((JSON.parse(text("package.json")) as { scripts: Record<string, string> }).scripts);
    const runs = [...page.text.matchAll(/npm run ([\w:]+)/g)].map(([, name = ""]) => name);
    expect(runs.filter((name) => !scripts.includes(name))).toEqual([]);
  });
});

it("README.md is one page", () => {
  const readme = text("README.md");
  expect(readme.split("\n").length - 1).toBeLessThanOrEqual(MAX_README_LINES);
  expect(Buffer.byteLength(readme)).toBeLessThanOrEqual(MAX_README_BYTES);
});

it("README.md leads to every page of docs/", () => {
  const readme = text("README.md");
  expect(pages.map(({ path }) => path).filter((path) => path !== "README.md" && !readme.includes(path))).toEqual([]);
});

it("docs/http-errors.md has every error code with its status, owner and whether a retry helps", () => {
  const errors = text("docs/http-errors.md");
  const missing = Object.entries(ERRORS).filter(
    ([code, { status, owner, retryable }]) =>
      !errors.includes(`| ${status} | \`${code}\` |`) &&
      !errors.includes(`| \`${code}\` | ${owner} | ${retryable ? "yes" : "no"} |`),
  );
  expect(missing.map(([code]) => code)).toEqual([]);
});

it("docs/deploying.md has every setting of wrangler.toml", () => {
  const deploying = text("docs/deploying.md");
  const [, vars = ""] = /^\[vars\]\n([\s\S]*?)\n\n/m.exec(text("wrangler.toml")) ?? [];
  const settings = [...vars.matchAll(/^([A-Z_]+) =/gm)].map(([, name = ""]) => name);
  expect(settings.length).toBeGreaterThan(10);
  expect(settings.filter((name) => !deploying.includes(`\`${name}\``))).toEqual([]);
});

describe("docs/operations.md", () => {
  const [, table = ""] = /## The log\n([\s\S]*?)\n## /.exec(text("docs/operations.md")) ?? [];
  const listed = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([a-z_.]+)`/g)].map(([, name = ""]) => name),
  );

  it("has every log line of the source", () => {
    const logged = SOURCE.flatMap((source) => [...source.matchAll(/\blog(?:Failure)?\(\s*"([a-z_.]+)"/g)]);
    const names = new Set(logged.map(([, name = ""]) => name));
    expect(names.size).toBeGreaterThan(20);
    expect([...names].filter((name) => !listed.includes(name))).toEqual([]);
  });

  it("has no log line that the source does not write", () => {
    // The line of an export's end is named after its state.
    const ends = ["export.completed", "export.failed", "export.canceled"];
    const isWritten = (name: string) => SOURCE.some((source) => source.includes(`"${name}"`)) || ends.includes(name);
    expect(listed.filter((name) => !isWritten(name))).toEqual([]);
  });
});

describe("docs/architecture.md", () => {
  const architecture = text("docs/architecture.md");
  const paths = [...architecture.matchAll(/`(src\/[\w./-]+)`/g)].map(([, path = ""]) => path);

  // The page describes the folders with their registries.
  it("names files and folders that exist", () => {
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it("has every table", () => {
    const migrations = ["control/0001_control.sql", "space/0001_space.sql"];
    const created = migrations.flatMap((path) => [
      ...text(join("src/db/migrations", path)).matchAll(/^CREATE TABLE (\w+)/gm),
    ]);
    const tables = created.map(([, table = ""]) => table);
    expect(tables.length).toBeGreaterThan(20);
    expect(tables.filter((table) => !architecture.includes(`\`${table}\``))).toEqual([]);
  });

  it("has every folder of src", () => {
    const [, tree = ""] = /## Rooms\n\n```\nsrc\/\n([\s\S]*?)```/.exec(architecture) ?? [];
    const folders = readdirSync(join(ROOT, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).filter((name) => !tree.includes(`${name}/`))).toEqual([]);
  });
});

function text(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function brokenLinks(page: Page): string[] {
  return proseOf(page).flatMap(({ line, text: prose }) =>
    [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
      if (/^https?:/.test(target)) return [];
      return leads(page, target) ? [] : [`${page.path}:${line} → ${target}`];
    }),
  );
}

function leads(from: Page, target: string): boolean {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? from.path : join(dirname(from.path), path);
  if (!existsSync(join(ROOT, file))) return false;
  if (anchor === undefined) return true;
  if (!statSync(join(ROOT, file)).isFile()) return false;
  return headingsOf({ path: file, text: text(file) }).some((heading) => heading.anchor === anchor);
}

/** Headings, with the anchors that GitHub gives them. */
function headingsOf(page: Page): { level: number; anchor: string }[] {
  return proseOf(page).flatMap(({ text: line }) => {
    const [, marks = "", title] = /^(#+) (.*)$/.exec(line) ?? [];
    if (title === undefined) return [];
    const anchor = title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-");
    return [{ level: marks.length, anchor }];
  });
}
