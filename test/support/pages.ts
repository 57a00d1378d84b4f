/** The project's pages as text, and what a reader would run of them. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..", "..");

export interface Page {
  /** Its path in the repository, such as `docs/exports.md`. */
  path: string;
  text: string;
}

export interface Block {
  /** What follows the opening fence: `sh`, `console`, `json`. */
  language: string;
  code: string;
  /** The line of the opening fence, from 1. */
  line: number;
}

const TOP = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];

/** The top-level pages and everything in docs/, in the order of their names. */
export function readPages(): Page[] {
  const inDocs = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .toSorted()
    .map((name) => `docs/${name}`);
  return [...TOP, ...inDocs].map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}

/** The fenced blocks of a page in their order, also those inside a list. */
export function blocksOf({ text }: Page): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; indent: string; line: number; lines: string[] } | null = null;
  for (const [index, line] of text.split("\n").entries()) {
    const fence = /^(\s*)```(.*)$/.exec(line);
    const [, indent = "", language = ""] = fence ?? [];
    const isFence = fence !== null;
    if (open === null) {
      if (isFence) open = { language: language.trim(), indent, line: index + 1, lines: [] };
    } else if (isFence) {
      blocks.push({ language: open.language, code: open.lines.join("\n"), line: open.line });
      open = null;
    } else open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
  }
  return blocks;
}

/** A page's lines outside fenced blocks, with their numbers from 1. */
export function proseOf({ text }: Page): { line: number; text: string }[] {
  let fenced = false;
  return text.split("\n").flatMap((line, index) => {
    if (/^\s*```/.test(line)) {
      fenced = !fenced;
      return [];
    }
    return fenced ? [] : [{ line: index + 1, text: line }];
  });
}
