/**
 * What a completed export delivered, read back from its stored files, against what the model expects: the same rows in
 * the same order, and files, manifest and progress that agree on them.
 */

import { createHash } from "node:crypto";
import { unpack } from "../support/gunzip.ts";
import { readCsv } from "../support/formats.ts";
import { Differs, expectSame, canonical } from "./command.ts";
import { type Expected, expectedResult } from "./expected.ts";
import type { Stage } from "./stage.ts";
import type { ExportRecord, World } from "./world.ts";

interface FileView {
  name: string;
  rows: number;
  bytes: number;
  uncompressed_bytes: number;
  sha256: string;
  url: string;
}

export interface ExportView {
  id: string;
  dataset: string;
  status: string;
  completed_at: string | null;
  message: string | null;
  error: { code: string } | null;
  progress: { rows_written: number; rows_total: number | null };
  request: Record<string, unknown>;
  files: FileView[];
}

/** Compares a completed export. @returns the ids of its rows. */
export async function compareDelivered(
  stage: Stage,
  world: World,
  record: ExportRecord,
  view: ExportView,
): Promise<string[]> {
  const expected = expectedResult(record, world);
  const texts = view.files.map((file) => textOf(stage, file));
  const found = expected.read(texts);
  const counts = found.map(({ length }) => length);
  expectSame(
    "rows of each file",
    view.files.map(({ rows }) => rows),
    counts,
  );
  const delivered = compareRows(expected.rows, found.flat());
  const { format } = record.request;
  expectSame(
    "header",
    expected.header === undefined ? null : texts.map((text) => readCsv(text)[0]),
    expected.header === undefined ? null : texts.map(() => expected.header),
  );
  compareFiles(record, view, counts);
  const rows = counts.reduce((sum, count) => sum + count, 0);
  if (expected.countsRows) expectSame("rows in the progress", view.progress.rows_written, rows);
  await compareManifest(stage, record, view, rows);
  if (rows === 0 && format !== undefined && view.message === null) throw new Differs("an empty result has no message");
  return delivered;
}

function textOf(stage: Stage, file: FileView): string {
  const bytes = stage.object(file.url);
  expectSame(`bytes of ${file.name}`, bytes.length, file.bytes);
  expectSame(`hash of ${file.name}`, createHash("sha256").update(bytes).digest("hex"), file.sha256);
  const text = unpack(file.name, bytes);
  expectSame(`size of ${file.name}`, Buffer.byteLength(text), file.uncompressed_bytes);
  return text;
}

/** @returns the ids of the rows that were found. @throws naming the first difference. */
function compareRows(expected: Expected["rows"], found: readonly unknown[]): string[] {
  const ids: string[] = [];
  let at = 0;
  for (const { id, row, optional } of expected) {
    const wanted = canonical(row);
    if (at < found.length && canonical(found[at]) === wanted) {
      ids.push(id);
      at += 1;
    } else if (!optional) {
      const rest = found
        .slice(at, at + 3)
        .map(canonical)
        .join("\n        ");
      throw new Differs(
        `row ${at + 1} of ${found.length} (${expected.length} are expected):\n  wanted ${wanted}\n  found ${rest}`,
      );
    }
  }
  if (at < found.length)
    throw new Differs(`${found.length - at} rows more than expected, first ${canonical(found[at])}`);
  return ids;
}

function compareFiles({ request, dataset }: ExportRecord, view: ExportView, counts: readonly number[]): void {
  if (request["layout"] === "files") {
    const most = Number(request["file_rows"] ?? 50_000);
    if (counts.some((count) => count > most || count === 0)) throw new Differs(`files have ${counts.join(", ")} rows`);
    if (dataset === "activity_events" && counts.slice(0, -1).some((count) => count < most))
      throw new Differs(`files before the last have ${counts.join(", ")} rows, and not ${most}`);
  } else if (counts.length !== 1) throw new Differs(`a single file is ${counts.length} files`);
  const names = new Set(view.files.map(({ name }) => name));
  if (names.size < view.files.length) throw new Differs("two files have one name");
}

async function compareManifest(stage: Stage, record: ExportRecord, view: ExportView, rows: number): Promise<void> {
  const { status, body } = await stage.call("GET", `/v1/exports/${record.id}/manifest`);
  expectSame("status of the manifest", status, 200);
  const manifest = body as { files: FileView[]; totals: { rows: number; files: number } };
  const short = ({ name, rows, bytes, sha256 }: FileView) => ({ name, rows, bytes, sha256 });
  expectSame("files in the manifest", manifest.files.map(short), view.files.map(short));
  expectSame("totals in the manifest", [manifest.totals.rows, manifest.totals.files], [rows, view.files.length]);
}
