/** Has the service read an export's files back, and waits for what it finds. */

import type { Verification } from "../generated/types.gen.ts";
import type { Spillway } from "../spillway.ts";
import type { Cli } from "./cli.ts";
import { CommandError } from "./command-error.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { counted, size } from "./text.ts";

/** A large export is verified in the background: then this waits with a bar. @throws SpillwayError, CommandError */
export async function verifyStored(cli: Cli, spillway: Spillway, id: string): Promise<Verification> {
  const progress = cli.progress("verifying");
  progress.update(0, null, "the service reads the stored files");
  cli.afterInterrupt = [`The verification goes on. See what it finds: spillway exports show ${id} --json`];
  const seen = await spillway.exports.verify(id).wait({
    onProgress: ({ bytes_read: bytes, bytes_total: total, files_checked: files, files_total: filesTotal }) =>
      progress.update(bytes, total, `${files} of ${counted(filesTotal, "file")}, ${size(bytes)}`),
  });
  cli.endProgress();
  if (seen.status === "abandoned")
    throw new CommandError(`The files of ${id} expired before they were verified.`, EXIT_CODES.exportEnded);
  return seen;
}
