/** docs/command-line.md has the commands and the exit codes that the program has. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { EXIT_CODE_MEANINGS } from "../../../client/src/cli/exit-codes.ts";
import { createProgram } from "../../../client/src/cli/program.ts";
import { processTerminal } from "../../../client/src/cli/terminal.ts";
import { ROOT } from "../../support/pages.ts";

type Command = ReturnType<typeof createProgram>["program"];

const page = readFileSync(join(ROOT, "docs/command-line.md"), "utf8");

/** A row for each command: its words, its arguments (optional ones in brackets), and what it does. */
function rowsOf(command: Command, words: readonly string[] = []): string[] {
  if (command.commands.length > 0) return command.commands.flatMap((each) => rowsOf(each, [...words, each.name()]));
  const args = command.registeredArguments.map((argument) => {
    const name = argument.name().toUpperCase();
    return argument.required ? name : `[${name}]`;
  });
  return [`| \`${[...words, ...args].join(" ")}\` | ${command.description()} |`];
}

it("has every command, and no other", () => {
  const { program } = createProgram(processTerminal(new AbortController().signal));
  const [, table = ""] = page.split("## All commands\n");
  const listed = table.split("\n").filter((line) => line.startsWith("| `"));
  expect(listed).toEqual(rowsOf(program));
});

it("has every exit code with its meaning", () => {
  const [, rest = ""] = page.split("## Exit codes\n");
  const [table = ""] = rest.split("\n## ");
  const listed = table.split("\n").filter((line) => /^\| \d/.test(line));
  expect(listed).toEqual(EXIT_CODE_MEANINGS.map(([code, meaning]) => `| ${code} | ${meaning} |`));
});
