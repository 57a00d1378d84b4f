/** The files of an export as statements name them: each, or how all of them begin and end. */

import type { Context } from "../../context.ts";
import type { ExportRow } from "../../db/exports/exports.ts";
import { type FileTotals, listFilesAfter } from "../../db/exports/files.ts";
import type { LoadFiles } from "./system.ts";

/**
 * @param extension of every file, with its dots.
 * @param max the most files that are listed.
 */
export async function loadFiles(
  { databases }: Pick<Context, "databases">,
  row: ExportRow,
  totals: FileTotals,
  extension: string,
  max: number,
): Promise<LoadFiles> {
  if (totals.files > max)
    return {
      kind: "matching",
      prefix: commonStart(totals.first_name, totals.last_name),
      suffix: extension,
    };
  const files = await listFilesAfter(databases.control, row, -1, max);
  return { kind: "listed", names: files.map(({ name }) => name) };
}

/** What the first and the last in the order of texts have in common, all between them have too. */
function commonStart(first: string, last: string): string {
  let length = 0;
  while (length < first.length && first[length] === last[length]) length += 1;
  return first.slice(0, length);
}
