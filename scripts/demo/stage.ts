/** A service for one occasion: on a port and in a directory of its own, on the embedded defaults, and gone without a trace afterwards. */

import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { freePort, ROOT, type Stack, startStack } from "../stack.ts";

export interface Stage {
  origin: string;
  /** Its directory: the service's state, and room for downloads. */
  folder: string;
  /** Rejects when the service ends before it is closed. */
  ended: Promise<never>;
  /** Ends the service and removes its directory. Again: nothing more happens. */
  close(): Promise<void>;
}

export interface StageOptions {
  /** Left out: a free one. */
  port?: number;
  /** Takes the service's output. Left out: nobody sees it. */
  onLine?: (line: string) => void;
}

const PARENT = join(ROOT, ".demo");

/** @throws when the port is taken, or the service does not start; nothing is left behind then. */
export async function openStage({ port, onLine = () => {} }: StageOptions = {}): Promise<Stage> {
  mkdirSync(PARENT, { recursive: true });
  const folder = mkdtempSync(join(PARENT, "run-"));
  try {
    const stack = await startStack({
      port: port ?? (await freePort()),
      persistTo: join(folder, "state"),
      // Not what this machine's .dev.vars says, but what it is made from.
      args: ["--env-file", ".dev.vars.example"],
      onLine,
    });
    return stageOf(stack, folder);
  } catch (thrown) {
    remove(folder);
    throw thrown;
  }
}

function stageOf(stack: Stack, folder: string): Stage {
  const ended = new Promise<never>((_, reject) => {
    stack.process.once("close", (code, signal) =>
      reject(new Error(`The service ended by itself (${signal ?? `code ${code}`}).`)),
    );
  });
  // Whoever does not wait for it need not hear of it.
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
    // another one is running
  }
}
