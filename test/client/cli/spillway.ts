/** Runs `spillway` inside a test: arguments, environment and network in; output and exit code out. */

import { Readable, Writable } from "node:stream";
import { run } from "../../../client/src/cli/run.ts";
import type { Terminal } from "../../../client/src/cli/terminal.ts";

export const NOW = Date.parse("2026-11-03T12:00:00.000Z");

export interface Surroundings {
  env?: Record<string, string>;
  /** The folder where the command runs; also that of the file of logins, where `env` names none. */
  folder?: string;
  stdin?: string;
  /** By default no service answers. */
  fetch?: typeof fetch;
  /** Epoch ms; by default it stays at NOW. */
  now?: () => number;
  /** Whether stdin, stdout and stderr are a terminal. */
  isTTY?: boolean;
  signal?: AbortSignal;
  /** By default no time passes. */
  sleep?: Terminal["sleep"];
  /** Is told everything that is on stderr so far. */
  onStderr?: (text: string) => void;
}

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** A stream that keeps what is written. */
class Kept extends Writable {
  text = "";
  onText: ((text: string) => void) | undefined;
  readonly isTTY: boolean;
  readonly columns = 100;

  constructor(isTTY: boolean) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
  }

  override _write(chunk: string | Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    this.onText?.(this.text);
    done();
  }
}

export async function spillway(args: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  const { env = {}, folder = "/nowhere", stdin = "", isTTY = false } = surroundings;
  const stdout = new Kept(isTTY);
  const stderr = new Kept(isTTY);
  stderr.onText = surroundings.onStderr;
  const code = await run(args, {
    env: { SPILLWAY_CONFIG: `${folder}/config.json`, ...env },
    folder,
    home: folder,
    stdin: Object.assign(Readable.from([Buffer.from(stdin)]), { isTTY }),
    stdout,
    stderr,
    signal: surroundings.signal ?? new AbortController().signal,
    fetch: surroundings.fetch ?? (() => Promise.reject(new TypeError("no service is there"))),
    now: surroundings.now ?? (() => NOW),
    sleep: surroundings.sleep ?? (() => Promise.resolve()),
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** A service that gives one answer to every call. @param seen takes the calls. */
export function answering(status: number, body: unknown, seen: Request[] = [], headers = {}): typeof fetch {
  return (input, init) => {
    seen.push(new Request(input, init));
    return Promise.resolve(Response.json(body, { status, headers: { "x-request-id": "request-1", ...headers } }));
  };
}

/** A problem document. */
export function problem(status: number, code: string, detail: string, errors?: { pointer: string; detail: string }[]) {
  return { type: `/problems/${code}`, title: detail, status, detail, code, errors, request_id: "request-1" };
}
