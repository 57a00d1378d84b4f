/**
 * The progress of an import: the rows that the service has accepted, in a file that is replaced atomically after each
 * accepted batch. Rejected rows are not in it: the next run tries them again. A run that took nothing leaves no file.
 */

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import * as z from "zod";
import { InputError } from "./rows.ts";

/** Rows `[from, to]`, inclusive, counted from 1. */
export type Range = [from: number, to: number];

/** The file, space and settings of an import: a state with others belongs to another import. */
export interface Subject {
  /** Of the content. */
  bytes: number;
  sha256: string;
  /** Id of the space. */
  space: string;
  /** A digest of the mapping and of how the file is read. */
  settings: string;
}

/** Beyond this number the shortest range is dropped: its rows are sent again, and are duplicates then. */
const MAX_RANGES = 10_000;

const Stored = z.object({
  version: z.literal(1),
  bytes: z.number(),
  sha256: z.string(),
  space: z.string(),
  settings: z.string(),
  accepted: z.array(z.tuple([z.number(), z.number()])),
  ids_of_content: z.boolean().default(true),
});

/** The accepted rows, as sorted ranges with gaps between them. */
export class Accepted {
  readonly #ranges: Range[];
  /** Some events were sent, or may have been, with ids that are derived from the content. */
  idsOfContent: boolean;

  constructor(ranges: readonly Range[] = [], idsOfContent = false) {
    this.idsOfContent = idsOfContent;
    this.#ranges = ranges.map(([from, to]) => [from, to]);
  }

  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  get rows(): number {
    return this.#ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
  }

  has(n: number): boolean {
    const range = this.#ranges[this.#firstTo(n)];
    return range !== undefined && range[0] <= n;
  }

  /** @param rows sorted. */
  add(rows: readonly number[]): void {
    let [from, to] = [0, -1];
    for (const n of rows) {
      if (n !== to + 1) {
        this.#join([from, to]);
        from = n;
      }
      to = n;
    }
    this.#join([from, to]);
    while (this.#ranges.length > MAX_RANGES) this.#forgetShortest();
  }

  #join([from, to]: Range): void {
    if (from > to) return;
    const at = this.#firstTo(from - 1);
    let count = 0;
    let joined: Range = [from, to];
    for (let next = this.#ranges[at]; next !== undefined && next[0] <= to + 1; next = this.#ranges[at + count]) {
      joined = [Math.min(joined[0], next[0]), Math.max(joined[1], next[1])];
      count += 1;
    }
    this.#ranges.splice(at, count, joined);
  }

  /** Index of the first range that ends at `n` or later. */
  #firstTo(n: number): number {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.[1] ?? 0) < n) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #forgetShortest(): void {
    let [shortest, length] = [0, Number.POSITIVE_INFINITY];
    for (const [index, [from, to]] of this.#ranges.entries())
      if (to - from < length) [shortest, length] = [index, to - from];
    this.#ranges.splice(shortest, 1);
  }
}

/** Options of the command line. */
export interface RestartOptions {
  /** Every line is sent, accepted ones too. */
  restart: boolean;
  /** Also where events would get other ids than before. */
  allowNewIds: boolean;
}

/**
 * @returns the accepted rows; none without a state file, or with `restart`.
 * @throws InputError for the state of another import, and where a restart would double events.
 */
export function readState(path: string, subject: Subject, { restart, allowNewIds }: RestartOptions): Accepted {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return new Accepted();
    throw thrown;
  }
  const read = Stored.safeParse(jsonOf(text));
  if (!read.success) throw new InputError(`${path} is not the state of an import. Name another file: --state FILE.`);
  const { accepted, ids_of_content: idsOfContent, ...stored } = read.data;
  // A run that took nothing binds nothing: another mapping may be the mended one.
  if (accepted.length === 0 && !idsOfContent) return new Accepted();
  const isSameContent = stored.sha256 === subject.sha256 && stored.bytes === subject.bytes;
  const doubles = idsOfContent && stored.space === subject.space && !isSameContent;
  if (restart && (allowNewIds || !doubles)) return new Accepted([], idsOfContent && isSameContent);
  const other =
    stored.space !== subject.space
      ? "belongs to an import into another space"
      : !isSameContent
        ? "belongs to another content of this file, which has changed since"
        : stored.settings !== subject.settings
          ? "belongs to an import with another mapping, or with other options for reading the file"
          : null;
  if (other !== null) throw new InputError(`${path} ${other}. ${adviceOn(doubles)}`);
  return new Accepted(accepted, idsOfContent);
}

/** @returns what to do where lines would have to be sent again. @param doubles they would get other ids than before. */
export function adviceOn(doubles: boolean): string {
  if (!doubles)
    return "--restart sends every line again; events whose ids exist already are duplicates. --state FILE uses another state.";
  return (
    "Events were sent whose ids are derived from the previous content. Sent again, they would get other ids and be doubled: " +
    "import new lines as a file of their own. --restart --allow-new-ids sends every line nevertheless."
  );
}

/** Removes the state of a run that sent nothing the service may have. */
export function removeState(path: string): void {
  rmSync(path, { force: true });
}

/** Writes the file atomically, also when the machine loses power. */
export function writeState(path: string, subject: Subject, accepted: Accepted): void {
  const beside = `${path}.new`;
  const file = openSync(beside, "w");
  try {
    const { ranges, idsOfContent } = accepted;
    const state = { version: 1, ...subject, accepted: ranges, ids_of_content: idsOfContent };
    writeSync(file, `${JSON.stringify(state)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(beside, path);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
