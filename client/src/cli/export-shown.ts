/** How an export looks to people. Pure. */

import type { Export, ListedExport } from "../generated/types.gen.ts";
import { type Column, counted, printable, size } from "./text.ts";

type Shown = Export | ListedExport;

export const EXPORT_COLUMNS: readonly Column<ListedExport>[] = [
  { title: "id", value: (each) => each.id },
  { title: "dataset", value: (each) => each.dataset },
  { title: "status", value: (each) => each.status },
  { title: "rows", value: (each) => each.progress.rows_written.toLocaleString("en-US"), right: true },
  { title: "bytes", value: (each) => size(each.progress.bytes_written), right: true },
  { title: "created", value: (each) => each.created_at },
  { title: "error", value: (each) => each.error?.code ?? "" },
];

/** @returns the fields that a person asks for, as a record. */
export function exportRecord(shown: Shown): Record<string, unknown> {
  const { progress, error, delivery } = shown;
  return {
    id: shown.id,
    dataset: shown.dataset,
    status: shown.status,
    progress: progressNote(shown),
    created: shown.created_at,
    completed: shown.completed_at,
    expires: shown.expires_at,
    files: counted(progress.files_written, "file"),
    delivery: delivery.type === "s3" ? `s3://${delivery.bucket}/${delivery.prefix}` : "download",
    message: shown.message,
    error: error === null ? null : `${error.code}: ${error.message} (${error.owner} must act)`,
    "next retry": shown.next_retry_at,
    request: shown.request,
  };
}

/** @returns such as `writing, 150,000 of 541,909 rows, 4.2 MB, about 9 s`. */
export function progressNote({ status, progress }: Shown): string {
  const { phase, rows_written: rows, rows_total: total, bytes_written: bytes, eta_seconds: eta } = progress;
  if (status === "queued") return "queued";
  const count = total === null ? counted(rows, "row") : `${rows.toLocaleString("en-US")} of ${counted(total, "row")}`;
  return [phase, count, size(bytes), ...(eta === null ? [] : [`about ${eta} s`])].join(", ");
}

/** @returns the line that says what an export has become. */
export function exportSummary({ id, status, progress, message }: Shown): string {
  const { rows_written: rows, files_written: files, bytes_written: bytes } = progress;
  const counts = `${counted(rows, "row")} in ${counted(files, "file")}, ${size(bytes)}`;
  return printable(`Export ${id} is ${status}: ${counts}.${message === null ? "" : ` ${message}`}`);
}

/** @returns the export without its links: a link in a log would open the files to every reader of the log. */
export function withoutLinks(shown: Export): Record<string, unknown> {
  const { download_url: _download, url_expires_at: _expires, files, ...rest } = shown;
  return { ...rest, files: files.map(({ url: _url, ...file }) => file) };
}
