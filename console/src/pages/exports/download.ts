/** Downloads from the page. A link to a file is a secret of some minutes: it is asked for when it is used. */

import type { ExportFile, ExportFileList, Spillway } from "spillway-client";

const FILES_PER_PAGE = 20;

/** A file, and the cursor of the page that lists it; undefined: the first. */
export interface ListedFile {
  file: ExportFile;
  cursor: string | undefined;
}

/** The address of a page of an export's files. */
export function filesPath(exportId: string, cursor: string | undefined): string {
  const query = new URLSearchParams({ limit: String(FILES_PER_PAGE), ...(cursor !== undefined && { cursor }) });
  return `/v1/exports/${exportId}/files?${query.toString()}`;
}

/** A new link to a file. @throws SpillwayError; Error where the file is no longer listed. */
export async function freshLink(spillway: Spillway, exportId: string, { file, cursor }: ListedFile): Promise<string> {
  const { data } = await spillway.request<ExportFileList>("GET", filesPath(exportId, cursor));
  const url = data.find(({ name }) => name === file.name)?.url;
  if (url === undefined) throw new Error(`There is no link to ${file.name}: reload the page.`);
  return url;
}

/**
 * Opens a link as a click on it would, in a tab of its own: a file that the browser shows does not replace the page.
 * @param name of the file on disk, where the address is this page's own origin.
 */
export function followLink(url: string, name = ""): void {
  const link = document.createElement("a");
  Object.assign(link, {
    href: url,
    download: name,
    rel: "noopener noreferrer",
    ...(name === "" && { target: "_blank" }),
  });
  link.click();
}

/** Saves a stream as a file. It is collected by the browser first, which keeps large ones on disk. */
export async function saveStream(stream: ReadableStream<Uint8Array<ArrayBuffer>>, name: string): Promise<void> {
  const url = URL.createObjectURL(await new Response(stream).blob());
  followLink(url, name);
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS);
}

const REVOKE_AFTER_MS = 60_000;
