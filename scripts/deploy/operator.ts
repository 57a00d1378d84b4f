/** The person, or the pipeline, that runs the command: shows lines, asks questions. */

import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

export interface Operator {
  say(line: string): void;
  /** Whether somebody answers questions. */
  readonly answers: boolean;
  /** @returns the answer, without spaces around it; the default for an empty one. */
  ask(question: string, otherwise?: string): Promise<string>;
  /** Asks without showing what is typed. */
  askSecret(question: string): Promise<string>;
}

/** @param asks whether questions may be asked: a terminal is there, and `--yes` is not. */
export function terminalOperator(asks: boolean): Operator {
  return {
    say: (line) => console.log(line),
    answers: asks,
    ask: async (question, otherwise = "") => (await read(`${question} `, process.stdout)) || otherwise,
    async askSecret(question) {
      process.stdout.write(`${question} (it is not shown): `);
      // What readline would show goes nowhere.
      const answer = await read("", new Writable({ write: (_chunk, _encoding, done) => done() }));
      process.stdout.write("\n");
      return answer;
    },
  };
}

async function read(question: string, output: Writable): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: process.stdin.isTTY });
  const ended = new AbortController();
  lines.once("SIGINT", () => ended.abort());
  lines.once("close", () => ended.abort());
  try {
    return (await lines.question(question, { signal: ended.signal })).trim();
  } catch {
    throw new Error("No answer was given. Nothing more was changed.");
  } finally {
    lines.close();
  }
}
