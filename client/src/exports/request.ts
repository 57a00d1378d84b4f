/** The types of exports that the calls take and give. */

import type { CreateExportData, Export, ListExportFilesResponse } from "../generated/types.gen.ts";

/** What an export is asked for with: a union by `dataset`. */
export type ExportRequest = CreateExportData["body"];

/** A stored file; `url` is a presigned link, which files in a customer's bucket do not have. */
export type ExportFile = ListExportFilesResponse["data"][number];

/** An export whose files are there. */
export type CompletedExport =
  Extract<Export, { status: "completed" }> extends never
    ? Export & { status: "completed" }
    : Extract<Export, { status: "completed" }>;
