/** What an assistant is told of an export. */

import type * as z from "zod";
import type { ExportResource } from "../exports/resource.ts";

type Shown = Record<string, unknown>;
type Export = z.output<typeof ExportResource>;

/** Files that a tool's answer lists. */
const MAX_FILES = 20;

/**
 * An export without presigned links: an assistant's conversation is stored by its host, and whoever reads it could
 * download the files. `content_url` needs an API key.
 */
export function withoutLinks(body: Shown): Shown {
  const { download_url: _link, url_expires_at: _until, files, ...shown } = body;
  if (!Array.isArray(files)) return shown;
  const listed = (files as Export["files"]).slice(0, MAX_FILES).map(({ url: _url, ...file }) => file);
  return { ...shown, files: listed };
}

/** @param retryAfter seconds until a poll may show something new. */
export function exportSentence(body: Shown, retryAfter: number | null): string {
  const shown = body as unknown as Export;
  return [`Export ${shown.id} of ${shown.dataset} is ${shown.status}.`, detail(shown, retryAfter), warned(shown)]
    .filter(Boolean)
    .join(" ");
}

function detail(
  { status, progress, error, next_retry_at, message, delivery, content_url }: Export,
  wait: number | null,
) {
  const { rows_written: rows, rows_total: total, files_total: files, percent } = progress;
  switch (status) {
    case "queued":
    case "processing": {
      const part =
        percent === null ? "" : `${number(rows)} of ${total === null ? "?" : number(total)} rows (${percent} %). `;
      const failing = error === null ? "" : `An attempt failed (${error.message}); the next is at ${next_retry_at}. `;
      return `${part}${failing}Ask get_export again in ${wait ?? 5} seconds.`;
    }
    case "completed": {
      const size = `${number(rows)} rows in ${files ?? 0} ${files === 1 ? "file" : "files"}.`;
      const where =
        delivery.type === "s3"
          ? `They are in the bucket ${delivery.bucket}, below ${delivery.prefix || "its root"}.`
          : `Whoever has an API key with exports:read downloads the result at ${content_url}.`;
      return [size, message, where].filter(Boolean).join(" ");
    }
    case "failed":
      return error === null ? "" : `${error.message} Who must act: the ${error.owner}.`;
    case "expired":
      return "Its files were removed: create a new export.";
    case "canceled":
      return "";
  }
}

const warned = ({ warnings }: Export) =>
  warnings.length === 0 ? "" : `Warnings: ${warnings.map(({ detail }) => detail).join(" ")}`;

/** The size that an export would have. */
export function estimateSentence(body: Shown): string {
  const { rows, rows_at_least: atLeast, files, bytes_estimate: bytes } = body as Record<string, number>;
  const counted =
    rows === undefined ? `at least ${number(atLeast ?? 0)} rows (counting ended early)` : `${number(rows)} rows`;
  return `The export would now have ${counted} in ${files} ${files === 1 ? "file" : "files"}, about ${number(bytes ?? 0)} bytes compressed.`;
}

/** How many items a page has, and whether there are more. @param one the word for an item. */
export const pageSentence =
  (one: string) =>
  ({ data, next_cursor: next }: Shown): string => {
    const count = Array.isArray(data) ? data.length : 0;
    const items = `${count} ${count === 1 ? one : `${one}s`}.`;
    return typeof next === "string" ? `${items} There may be more: repeat the call with next_cursor as cursor.` : items;
  };

const number = (value: number) => value.toLocaleString("en-US");
