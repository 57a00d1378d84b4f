/** What an assistant is told of an export. */

import type * as z from "zod";
import type { Estimate } from "../../export/api/estimate.ts";
import type { ExportResource } from "../exports/resource.ts";
import type { Verification } from "../exports/verification.ts";

type Shown = Record<string, unknown>;
type Export = z.output<typeof ExportResource>;

/** Files that a tool's answer lists. Of a verification, those with problems come first. */
const MAX_FILES = 20;

const firstFiles = (files: unknown): unknown => (Array.isArray(files) ? files.slice(0, MAX_FILES) : files);

/** A verification, with its first files. */
export const shortVerification = (body: Shown): Shown => ({ ...body, files: firstFiles(body["files"]) });

/**
 * An export without presigned links: the host of an assistant stores its conversations, and every reader of one could
 * download the files. `content_url` needs an API key.
 */
export function withoutLinks(body: Shown): Shown {
  const { download_url: _link, url_expires_at: _until, files, verification, ...shown } = body;
  const listed = firstFiles(files) as Export["files"];
  return {
    ...shown,
    files: listed.map(({ url: _url, ...file }) => file),
    verification: isShown(verification) ? shortVerification(verification) : null,
  };
}

/** @param retryAfter seconds until a poll may show something new. */
export function exportSentence(body: Shown, retryAfter: number | null): string {
  const shown = body as unknown as Export;
  return [`Export ${shown.id} of ${shown.dataset}: ${shown.status}.`, detail(shown, retryAfter), warned(shown)]
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
      const size = `${count(rows, "row")} in ${count(files ?? 0, "file")}.`;
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

const warned = ({ warnings }: Pick<Export, "warnings">) =>
  warnings.length === 0 ? "" : `Warnings: ${warnings.map(({ detail }) => detail).join(" ")}`;

const isShown = (value: unknown): value is Shown => typeof value === "object" && value !== null;

/** What a verification found. @param retryAfter seconds until a poll may show more. */
export function verificationSentence(body: Shown, retryAfter: number | null): string {
  const { status, ok, files_total: total, files_checked: checked, ...found } = body as z.output<typeof Verification>;
  if (status !== "finished")
    return `The verification is ${status}: ${checked} of ${total} files. Ask get_export for its verification in ${retryAfter ?? 5} seconds.`;
  if (ok === true) return `All ${total} files, the manifest among them, are as they were written.`;
  return `Of ${total} files: ${found.missing} missing, ${found.changed} changed, ${found.unreadable} unreadable.`;
}

/** The size that an export would have. */
export function estimateSentence(body: Shown): string {
  const { rows, rows_at_least: atLeast, files, bytes_estimate: bytes, warnings } = body as unknown as Estimate;
  const counted =
    rows === undefined ? `at least ${count(atLeast ?? 0, "row")} (counting ended early)` : count(rows, "row");
  const size = `The export would now have ${counted} in ${count(files, "file")}, about ${count(bytes, "byte")} compressed.`;
  return [size, warned({ warnings })].filter(Boolean).join(" ");
}

/** How many items a page has, and whether there are more. @param one the word for an item. */
export function pageSentence(one: string): (body: Shown) => string {
  return ({ data, next_cursor: next }) => {
    const items = `${count(Array.isArray(data) ? data.length : 0, one)}.`;
    return typeof next === "string" ? `${items} There may be more: repeat the call with next_cursor as cursor.` : items;
  };
}

const count = (value: number, one: string) => `${number(value)} ${value === 1 ? one : `${one}s`}`;
const number = (value: number) => value.toLocaleString("en-US");
