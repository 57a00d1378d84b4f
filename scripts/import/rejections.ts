/** Reports rejected lines on stderr, and as NDJSON in the file that `--errors` names. */

import { closeSync, openSync, writeSync } from "node:fs";
import type { Rejection } from "./events.ts";

/** Lines on stderr when a file has all of them. */
const MAX_SHOWN_BESIDE_FILE = 20;

export class RejectionLog {
  readonly #name: string;
  readonly #path: string | null;
  readonly #file: number | null;
  readonly #print: (line: string) => void;
  #count = 0;

  /** @param path of a file that is overwritten; null: stderr only. */
  constructor(name: string, path: string | null, print: (line: string) => void) {
    this.#name = name;
    this.#path = path;
    this.#file = path === null ? null : openSync(path, "w");
    this.#print = print;
  }

  add({ line, pointer, detail }: Rejection): void {
    this.#count += 1;
    if (this.#file !== null) writeSync(this.#file, `${JSON.stringify({ line, pointer, detail })}\n`);
    if (this.#file === null || this.#count <= MAX_SHOWN_BESIDE_FILE)
      this.#print(`${this.#name}:${line}: ${pointer === "" ? "" : `${pointer}: `}${detail}`);
    else if (this.#count === MAX_SHOWN_BESIDE_FILE + 1) this.#print(`… ${this.#path} has all rejected lines.`);
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
  }
}
