/** Has the service read an export's files back, and waits for what it finds. */

import type { Verification } from "../generated/types.gen.ts";
import type { Spillway } from "../spillway.ts";
import type { Cli } from "./cli.ts";
import { CommandError } from "./command-error.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { counted, size } from "./text.ts";

/** A space may poll thirty times a minute. */
const POLL_MS = 2_500;

/** A large export is verified in the background: then this waits with a bar. @throws SpillwayError, CommandError */
export async function verifyStored(cli: Cli, spillway: Spillway, id: string): Promise<Verification> {
  const path = `/v1/exports/${encodeURIComponent(id)}`;
  const progress = cli.progress("verifying");
  progress.update(0, null, "the service reads the stored files");
  cli.afterInterrupt = [`The verification goes on. See what it finds: spillway exports show ${id} --json`];
  let seen = await spillway.request<Verification>("POST", `${path}/verify`);
  while (seen.status === "running") {
    const { bytes_read: bytes, bytes_total: total, files_checked: files } = seen;
    progress.update(bytes, total, `${files} of ${counted(seen.files_total, "file")}, ${size(bytes)}`);
    await cli.terminal.sleep(POLL_MS);
    const { verification } = await spillway.request<{ verification: Verification | null }>("GET", path);
    if (verification === null) break;
    seen = verification;
  }
  cli.endProgress();
  if (seen.status === "abandoned")
    throw new CommandError(`The files of ${id} expired before they were verified.`, EXIT_CODES.exportEnded);
  return seen;
}
