/**
 * How many files an export may have: the manifest lists them all, and each is uploaded, signed and deleted on its own.
 */

import { SpillwayError } from "../../errors.ts";

export const MAX_FILES = 20_000;

/**
 * An upload takes a subrequest or two and up to a tenth of a second, whatever its size: another space's message may
 * wait in the queue behind a window of such chunks.
 */
export const MAX_FILES_PER_CHUNK = 20;

/** What a result of too many files is told, before anything is written where their number is known by then. */
export const tooManyFiles = (subject = "The result", max = MAX_FILES): SpillwayError =>
  new SpillwayError(
    "export_too_large",
    `${subject} would have more than ${max} files. Ask for more rows per file (file_rows).`,
  );
