/** Where lines that were refused are told: on stderr, and as NDJSON in a file where one is asked for. */

import { closeSync, openSync, writeSync } from "node:fs";
import type { Refusal } from "./events.ts";

/** With a file for all of them, the first ones are enough to see what is wrong. */
const SHOWN_BESIDE_FILE = 20;

export class Refusals {
  readonly #name: string;
  readonly #path: string | null;
  readonly #file: number | null;
  readonly #say: (line: string) => void;
  #told = 0;

  /** @param path is made anew; null: stderr alone. */
  constructor(name: string, path: string | null, say: (line: string) => void) {
    this.#name = name;
    this.#path = path;
    this.#file = path === null ? null : openSync(path, "w");
    this.#say = say;
  }

  tell({ line, pointer, detail }: Refusal): void {
    this.#told += 1;
    if (this.#file !== null) writeSync(this.#file, `${JSON.stringify({ line, pointer, detail })}\n`);
    if (this.#file === null || this.#told <= SHOWN_BESIDE_FILE)
      this.#say(`${this.#name}:${line}: ${pointer === "" ? "" : `${pointer}: `}${detail}`);
    else if (this.#told === SHOWN_BESIDE_FILE + 1) this.#say(`… more of them: see ${this.#path}`);
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
  }
}
