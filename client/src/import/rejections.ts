/**
 * Reports rejected lines: the first of each kind on stderr, how many each kind has at the end, and all of them as
 * NDJSON in the file that `--errors` names.
 */

import { closeSync, openSync, writeSync } from "node:fs";
import type { Rejection } from "./events.ts";

/** Kinds on stderr. */
const MAX_SHOWN = 25;
/** Kinds that are counted apart; the lines of further kinds are counted together. */
const MAX_KINDS = 1_000;
/** Characters of an error by which its kind is told. */
const MAX_COMPARED = 500;

interface Kind {
  count: number;
  first: Rejection;
}

/** Rejected lines by their kind: the same place and the same error, whatever the value. */
export class RejectionKinds {
  readonly #kinds = new Map<string, Kind>();
  /** Errors, and those among them whose kind is not kept. */
  count = 0;
  #others = 0;

  /** @returns whether this is the first one of its kind. */
  add(rejection: Rejection): boolean {
    this.count += 1;
    const key = kindOf(rejection);
    const kind = this.#kinds.get(key);
    if (kind !== undefined) kind.count += 1;
    else if (this.#kinds.size < MAX_KINDS) this.#kinds.set(key, { count: 1, first: rejection });
    else this.#others += 1;
    return kind === undefined && this.#kinds.size <= MAX_SHOWN;
  }

  /** A line for each kind: how many errors it has, and its first one. @param name of the file. */
  report(name: string): string[] {
    const kinds = [...this.#kinds.values()].toSorted((a, b) => b.count - a.count);
    const lines = kinds.slice(0, MAX_SHOWN).map(({ count, first }) => {
      return `${count === 1 ? "" : `${count.toLocaleString("en")} × `}${sentenceOf(name, first)}`;
    });
    return [...lines, ...this.#rest(kinds.length)];
  }

  /** A line for each kind with more than one error, the most frequent first. @param name of the file. */
  summary(name: string): string[] {
    const kinds = [...this.#kinds.values()];
    const repeated = kinds.filter(({ count }) => count > 1).toSorted((a, b) => b.count - a.count);
    const lines = repeated.slice(0, MAX_SHOWN).map(({ count, first }) => {
      return `${count.toLocaleString("en")} × ${sentenceOf(name, first)}`;
    });
    return [...lines, ...this.#rest(kinds.length)];
  }

  #rest(kinds: number): string[] {
    const rest = Math.max(0, kinds - MAX_SHOWN);
    if (rest === 0) return [];
    return [`… and ${this.#others > 0 ? "more than " : ""}${rest.toLocaleString("en")} further kinds of errors.`];
  }
}

export class RejectionLog {
  readonly #name: string;
  readonly #file: number | null;
  readonly #print: (line: string) => void;
  readonly #kinds = new RejectionKinds();

  /** @param path of a file that is overwritten; null: stderr only. */
  constructor(name: string, path: string | null, print: (line: string) => void) {
    this.#name = name;
    this.#file = path === null ? null : openSync(path, "w");
    this.#print = print;
  }

  add(rejection: Rejection): void {
    const { line, pointer, detail } = rejection;
    if (this.#file !== null) writeSync(this.#file, `${JSON.stringify({ line, pointer, detail })}\n`);
    if (this.#kinds.add(rejection)) this.#print(sentenceOf(this.#name, rejection));
  }

  /** Prints how many errors each kind has. */
  close(): void {
    const lines = this.#kinds.summary(this.#name);
    if (lines.length > 0) this.#print("Errors that occurred more than once, each with its first line:");
    for (const line of lines) this.#print(`  ${line}`);
    if (lines.length > 0 && this.#file === null) this.#print("--errors FILE writes every rejected line.");
    if (this.#file !== null) closeSync(this.#file);
  }
}

export function sentenceOf(name: string, { line, pointer, detail }: Rejection): string {
  return `${name}:${line}: ${pointer === "" ? "" : `${pointer}: `}${detail}`;
}

/**
 * The place and the error without what differs from line to line: quoted values, the event's ids, numbers, positions in
 * lists.
 */
function kindOf({ pointer, detail, values = [] }: Rejection): string {
  let text = detail.slice(0, MAX_COMPARED);
  for (const value of values) text = text.replaceAll(` ${value}.`, " ….").replaceAll(` ${value} `, " … ");
  text = text.replaceAll(/"(?:[^"\\]|\\.?)*(?:"|$)/g, '"…"').replaceAll(/\d+/g, "0");
  return `${pointer.replaceAll(/\/\d+/g, "/0")}\n${text}`;
}
