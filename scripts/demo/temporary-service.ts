/**
 * A service for one occasion: on a port and in a directory of its own, on the embedded defaults, and gone without a
 * trace afterwards.
 */

import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { freePort, ROOT, type Stack, startStack } from "../stack.ts";

export interface TemporaryService {
  origin: string;
  /** Its directory: the service's state, and room for downloads. */
  folder: string;
  /** Rejects when the service ends before it is closed. */
  ended: Promise<never>;
  /** Ends the service and removes its directory. May be called again. */
  close(): Promise<void>;
}

export interface TemporaryServiceOptions {
  /** Left out: a free one. */
  port?: number;
  /** Where spaces have their data: a name from `GET /v1/homes`. Left out: in D1. */
  home?: string;
  /** Receives the service's output. Left out: the output is dropped. */
  onLine?: (line: string) => void;
}

const PARENT = join(ROOT, ".demo");

/** @throws when the port is in use or the service does not start, without leaving a process or a file. */
export async function startTemporaryService({
  port,
  home,
  onLine = () => {},
}: TemporaryServiceOptions = {}): Promise<TemporaryService> {
  mkdirSync(PARENT, { recursive: true });
  const folder = mkdtempSync(join(PARENT, "run-"));
  try {
    const stack = await startStack({
      port: port ?? (await freePort()),
      persistTo: join(folder, "state"),
      // The defaults, whatever this machine's .dev.vars has.
      args: [
        "--env-file",
        "scripts/stack/local.vars",
        ...(home === undefined ? [] : ["--var", `DEFAULT_HOME:${home}`]),
      ],
      onLine,
    });
    return temporaryService(stack, folder);
  } catch (thrown) {
    remove(folder);
    throw thrown;
  }
}

function temporaryService(stack: Stack, folder: string): TemporaryService {
  const ended = new Promise<never>((_, reject) => {
    stack.process.once("close", (code, signal) =>
      reject(new Error(`The service ended unexpectedly (${signal ?? `code ${code}`}).`)),
    );
  });
  // A rejection that no caller awaits is not an error.
  ended.catch(() => {});
  let closing: Promise<void> | null = null;
  const close = async () => {
    await stack.stop();
    remove(folder);
  };
  return { origin: stack.origin, folder, ended, close: () => (closing ??= close()) };
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    rmdirSync(PARENT);
  } catch {
    // Another demo uses it.
  }
}
