/** The way of an export to its end: wait with a bar, and say what came of it. */

import type { Export } from "../generated/types.gen.ts";
import type { Spillway } from "../spillway.ts";
import type { Cli } from "./cli.ts";
import { exportSummary, progressNote, withoutLinks } from "./export-shown.ts";
import { spanMs } from "./times.ts";

export interface EndOptions {
  wait?: boolean;
  timeout?: string;
}

/** Waits for the end, and prints it. @throws SpillwayError */
export async function followToEnd(cli: Cli, spillway: Spillway, id: string, options: EndOptions): Promise<void> {
  const ended = await waitFor(cli, spillway, id, options.timeout);
  cli.out.result(withoutLinks(ended), [exportSummary(ended)]);
}

/** Waits with a bar. An interrupt leaves the export as it is. @returns the completed export. */
async function waitFor(cli: Cli, spillway: Spillway, id: string, timeout: string | undefined): Promise<Export> {
  cli.afterInterrupt = [
    `The export goes on. Wait for it again: spillway exports wait ${id}`,
    `Or stop it:                          spillway exports cancel ${id}`,
  ];
  const progress = cli.progress("exporting");
  const ended = await spillway.exports.wait(id, {
    onProgress: (seen) => progress.update(seen.progress.percent ?? 0, 100, progressNote(seen)),
    ...(timeout === undefined ? {} : { timeoutMs: spanMs(timeout, "--timeout") }),
  });
  cli.endProgress();
  return ended;
}
