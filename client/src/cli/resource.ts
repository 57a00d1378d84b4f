/** What lists, questions and input files of all commands have in common. */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Pages } from "../pages.ts";
import type { Cli } from "./cli.ts";
import { usageError } from "./command-error.ts";
import type { FieldNames } from "./problems.ts";
import type { Column } from "./text.ts";

const DEFAULT_LIMIT = 50;
/** What the service takes as a page at most. */
export const MAX_PAGE = 200;
const MAX_INPUT_BYTES = 16_000_000;

/** Options as commander gives them. */
export type Options = Readonly<Record<string, unknown>>;

interface List<Item> {
  description: string;
  columns: readonly Column<Item>[];
  /** @param limit of a page. */
  read: (options: Options & { limit: number }, args: readonly string[]) => Pages<Item>;
}

/** Makes a command one that lists: `--limit`, `--all`, a table or JSON. */
export function listing<Item>(command: Command, cli: Cli, { description, columns, read }: List<Item>): Command {
  return command
    .description(description)
    .addOption(new Option("--limit <count>", "at most").default(DEFAULT_LIMIT).argParser(positive))
    .option("--all", "every one, however many there are")
    .action(async () => {
      const options = command.opts<Options & { limit: number; all?: boolean }>();
      const limit = options.all === true ? Infinity : options.limit;
      const { items, hasMore } = await take(
        read({ ...options, limit: Math.min(limit, MAX_PAGE) }, command.args),
        limit,
      );
      cli.out.list(items, columns, hasMore);
      if (hasMore) cli.out.note(`There are more than ${limit}: --limit or --all shows them.`);
    });
}

/** @returns the first items of a list, and whether it has others. */
export async function take<Item>(pages: Pages<Item>, limit: number): Promise<{ items: Item[]; hasMore: boolean }> {
  const items: Item[] = [];
  for await (const page of pages.pages()) {
    items.push(...page.data);
    if (items.length > limit) return { items: items.slice(0, limit), hasMore: true };
    if (items.length === limit) return { items, hasMore: page.next_cursor !== null };
  }
  return { items, hasMore: false };
}

/** For options that count. */
export function positive(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1 on.");
  return Number(text);
}

/** For options that take a list: separated by commas, and the option may be repeated. */
export function names(text: string, before?: readonly string[]): string[] {
  return [
    ...(before ?? []),
    ...text
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  ];
}

/** @returns the fields that have a value. */
export function given<Fields extends Record<string, unknown>>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

/** @returns the option or argument of each field, where the field has the same name. */
export function fieldsOf(command: Command): FieldNames {
  const options = command.options.map((option) => [option.attributeName(), option.long ?? option.flags] as const);
  const args = command.registeredArguments.map((argument) => [argument.name(), `<${argument.name()}>`] as const);
  return Object.fromEntries(
    [...options, ...args].map(([name, shown]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll("-", "_"),
      shown,
    ]),
  );
}

/**
 * Reads a file of JSON, or standard input.
 * @param path `-` for standard input.
 * @throws CommandError where it is no JSON object; an Error of the file system.
 */
export async function readJson(cli: Cli, path: string): Promise<Record<string, unknown>> {
  const value = parseJson(await readText(cli, path), path);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw usageError(`${nameOf(path)} must be a JSON object.`);
}

/** @returns the value of a JSON text. @throws CommandError that says where it is wrong. */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw usageError(`${nameOf(path)} is not JSON: ${thrown instanceof Error ? thrown.message : ""}`);
  }
}

/** @returns the text of a file, or of standard input. */
export async function readText(cli: Cli, path: string): Promise<string> {
  if (path !== "-") return readFile(resolve(cli.terminal.folder, path), "utf8");
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of cli.terminal.stdin) {
    chunks.push(Buffer.from(chunk as Uint8Array));
    bytes += chunks.at(-1)?.length ?? 0;
    if (bytes > MAX_INPUT_BYTES) throw usageError("Standard input is larger than any request may be.");
  }
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * Asks before something is removed that cannot come back.
 * @throws CommandError where the answer is not yes, or there is no terminal to ask.
 */
export async function confirm(cli: Cli, question: string, yes: boolean | undefined): Promise<void> {
  if (yes === true) return;
  const { stdin, stderr } = cli.terminal;
  if (stdin.isTTY !== true || stderr.isTTY !== true) throw usageError(`${question} Say so with --yes.`);
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal: cli.terminal.signal });
    if (!/^y(es)?$/i.test(answer.trim())) throw usageError("Nothing was changed.");
  } finally {
    lines.close();
  }
}

function nameOf(path: string): string {
  return path === "-" ? "Standard input" : path;
}
