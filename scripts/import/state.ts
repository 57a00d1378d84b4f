/**
 * How far an import came: which rows of which file the service has taken, in a file that is replaced as a whole after each
 * accepted batch. Only what is accepted is kept: lines that were refused are tried again by the next run.
 */

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import * as z from "zod";
import { Unusable } from "./rows.ts";

/** Rows `[from, to]`, both with it, counted from 1. */
export type Range = [from: number, to: number];

/** What an import is of: a state of anything else is not its state. */
export interface Subject {
  /** Of the content. */
  bytes: number;
  sha256: string;
  /** Id of the space. */
  space: string;
  /** A digest of the mapping and of how the file is read. */
  settings: string;
}

/** Beyond so many gaps the shortest range is forgotten: its rows are sent again, and are duplicates then. */
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

/** The rows that are accepted, as ranges in their order that do not touch. */
export class Accepted {
  readonly #ranges: Range[];
  /** Some events were sent, or may have been, with ids that are made of the content. */
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

  /** @param rows in their order. */
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
    const lengths = this.#ranges.map(([from, to]) => to - from);
    this.#ranges.splice(lengths.indexOf(Math.min(...lengths)), 1);
  }
}

/** What was asked for on the command line. */
export interface Again {
  /** Every line is sent, whatever the state says. */
  restart: boolean;
  /** Also where events would get other ids than they have. */
  allowNewIds: boolean;
}

/**
 * @returns what was accepted; nothing where there is no such file yet, or where it is to begin again.
 * @throws Unusable for the state of something else, and where beginning again would double events.
 */
export function readState(path: string, subject: Subject, { restart, allowNewIds }: Again): Accepted {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return new Accepted();
    throw thrown;
  }
  const read = Stored.safeParse(jsonOf(text));
  if (!read.success) throw new Unusable(`${path} is not the state of an import. Name another: --state FILE.`);
  const { accepted, ids_of_content: idsOfContent, ...stored } = read.data;
  const isSameContent = stored.sha256 === subject.sha256 && stored.bytes === subject.bytes;
  const doubles = idsOfContent && stored.space === subject.space && !isSameContent;
  if (restart && (allowNewIds || !doubles)) return new Accepted([], idsOfContent && isSameContent);
  const other =
    stored.space !== subject.space
      ? "was made by an import into another space"
      : !isSameContent
        ? "is of another content of this file, which was changed since"
        : stored.settings !== subject.settings
          ? "was made with another mapping, or with other options for reading the file"
          : null;
  if (other !== null) throw new Unusable(`${path} ${other}. ${adviceOn(doubles)}`);
  return new Accepted(accepted, idsOfContent);
}

/** What to do where lines would have to be sent again. @param doubles they would get other ids than they have. */
export function adviceOn(doubles: boolean): string {
  if (!doubles)
    return "--restart sends every line again: what is there already, by its id, is a duplicate. --state FILE keeps another state.";
  return (
    "Events were sent whose ids are made of the content as it was. Sent again, they would get other ids and be there twice: " +
    "import what is new as a file of its own. --restart --allow-new-ids sends every line all the same."
  );
}

/** Whole or not at all, also when the machine goes down. */
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
