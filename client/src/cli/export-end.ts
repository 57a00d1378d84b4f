/** The way of an export to verified files: wait with a bar, download, verify, and say what came of it. */

import { join, resolve } from "node:path";
import type { Export, Verification } from "../generated/types.gen.ts";
import { downloadTo } from "../node/download-to.ts";
import type { Spillway } from "../spillway.ts";
import type { Cli } from "./cli.ts";
import { CommandError } from "./command-error.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { exportSummary, progressNote, withoutLinks } from "./export-shown.ts";
import { counted, printable, size } from "./text.ts";
import { spanMs } from "./times.ts";
import { verifyStored } from "./verify-stored.ts";
import { type CheckedFile, type ExpectedFile, verifyFiles } from "./verify-files.ts";

export interface EndOptions {
  wait?: boolean;
  /** A folder. */
  out?: string;
  verify?: boolean;
  timeout?: string;
}

export interface Verified {
  ok: boolean;
  /** What the service found where the files are. */
  stored: Verification;
  /** What the command found in the folder; null without one. */
  downloaded: readonly CheckedFile[] | null;
}

/** A downloaded file, as `--json` shows it. */
interface DownloadedFile {
  name: string;
  path: string;
  rows: number;
  bytes: number;
  sha256: string;
  /** It was complete before. */
  was_there: boolean;
}

const MAX_LISTED_FILES = 20;

/** Does what the options ask for, in that order, and prints one result. @throws SpillwayError, CommandError */
export async function followToEnd(cli: Cli, spillway: Spillway, id: string, options: EndOptions): Promise<void> {
  const ended = await waitFor(cli, spillway, id, options.timeout);
  const folder = options.out === undefined ? null : resolve(cli.terminal.folder, options.out);
  if (folder !== null && ended.delivery.type === "s3")
    throw new CommandError(`The files of ${id} are in the bucket ${ended.delivery.bucket}.`, EXIT_CODES.usage, [
      "Fetch them there; --out is for exports that the service keeps.",
    ]);
  const files = folder === null ? null : await download(cli, spillway, ended, folder);
  const verification = options.verify === true ? await verify(cli, spillway, ended, folder) : null;
  cli.out.result(
    {
      ...withoutLinks(ended),
      ...(files === null ? {} : { downloaded: files }),
      ...(verification === null ? {} : { verification }),
    },
    [
      exportSummary(ended),
      ...(files === null || folder === null ? [] : listed(files, options.out ?? "")),
      ...(verification === null ? [] : verdict(verification, folder === null ? null : (options.out ?? null))),
    ],
  );
  if (verification?.ok === false) cli.exitCode = EXIT_CODES.damaged;
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
  cli.afterInterrupt = [`The export is completed. Get its files: spillway exports get ${id} --out FOLDER`];
  return ended;
}

async function download(cli: Cli, spillway: Spillway, ended: Export, folder: string): Promise<DownloadedFile[]> {
  const progress = cli.progress("downloading");
  const files = await downloadTo(spillway, ended.id, folder, {
    signal: cli.terminal.signal,
    onProgress: ({ bytes, bytesTotal, files: done, filesTotal }) =>
      progress.update(bytes, bytesTotal, `${done} of ${counted(filesTotal, "file")}, ${size(bytes)}`),
  });
  cli.endProgress();
  return files.map(({ path, wasThere, file: { name, rows, bytes, sha256 } }) => ({
    name,
    path,
    rows,
    bytes,
    sha256,
    was_there: wasThere,
  }));
}

/** @param folder where the files were downloaded to; null where they were not. */
export async function verify(
  cli: Cli,
  spillway: Spillway,
  { id }: { id: string },
  folder: string | null,
): Promise<Verified> {
  const stored = await verifyStored(cli, spillway, id);
  const downloaded = folder === null ? null : await verifyDownloaded(cli, spillway, id, folder);
  const ok = stored.ok === true && (downloaded ?? []).every(({ status }) => status === "ok");
  return { ok, stored, downloaded };
}

/** @returns lines that say what was found. @param out the folder as the user wrote it. */
export function verdict({ ok, stored, downloaded }: Verified, out: string | null): string[] {
  const places = downloaded === null ? "where they are stored" : `where they are stored, and in ${out ?? "the folder"}`;
  if (ok) return [`Verified: ${counted(stored.files_total, "file")} as they were written, ${places}.`];
  const bad = [
    ...stored.files.map((file) => ({ ...file, place: "stored" })),
    ...(downloaded ?? []).map((file) => ({ ...file, place: out ?? "downloaded" })),
  ].filter(({ status }) => status !== "ok");
  return [
    "NOT VERIFIED: these files are not as they were written, or cannot be read.",
    ...bad.map(({ place, name, status, detail }) => printable(`  ${place}: ${name}: ${status}. ${detail ?? ""}`)),
  ];
}

async function verifyDownloaded(cli: Cli, spillway: Spillway, id: string, folder: string): Promise<CheckedFile[]> {
  const { files } = (await spillway.exports.manifest(id)) as { files: ExpectedFile[] };
  const progress = cli.progress("verifying");
  const checked = await verifyFiles(folder, files, cli.terminal.signal, (done) =>
    progress.update(done, files.length, `${done} of ${counted(files.length, "file")}`),
  );
  cli.endProgress();
  return checked;
}

function listed(files: readonly DownloadedFile[], folder: string): string[] {
  const shown = files.slice(0, MAX_LISTED_FILES);
  const more = files.length - shown.length;
  return [
    ...shown.map(({ name, bytes, sha256 }) => printable(`  ${join(folder, name)}  ${size(bytes)}  sha256 ${sha256}`)),
    ...(more === 0 ? [] : [`  and ${counted(more, "other file")}`]),
  ];
}
