/** docs/loading.md has every system with what it reads and its types. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { SYSTEM_NAMES, SYSTEMS, type TypedSystem } from "../../src/export/load/systems.ts";
import { ROOT } from "../support/pages.ts";

const PAGE = readFileSync(join(ROOT, "docs/loading.md"), "utf8");
const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`.replaceAll("|  |", "| |");

it.each(SYSTEM_NAMES)("the page says what %s reads", (name) => {
  const { reads }: TypedSystem = SYSTEMS[name];
  const cells = [reads.ndjson, reads.csv, reads.parquet, reads.document].map((codecs) => codecs?.join(", ") ?? "");
  expect(PAGE).toContain(row([`\`${name}\``, ...cells]));
});

it.each(["text", "number", "boolean", "date", "json"] as const)("the page has each system's type of a %s", (type) => {
  expect(PAGE).toContain(row(["column of the export", ...SYSTEM_NAMES.map((name) => `\`${name}\``)]));
  expect(PAGE).toContain(row([`\`${type}\``, ...SYSTEM_NAMES.map((name) => SYSTEMS[name].types[type])]));
});
