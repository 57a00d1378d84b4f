/** What a request asks for, checked and resolved: nothing that changes later changes the export. */

import { findExport } from "../../db/exports/exports.ts";
import { readSequence } from "../../db/core/sequences.ts";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { type Fault, invalid, pointerToken } from "../../errors.ts";
import type { Since, Source } from "../../datasets/dataset.ts";
import { datasetNamed } from "../../datasets/index.ts";
import { utf8 } from "../../outbound/s3.ts";
import { isCutUrl } from "../../outbound/shown-url.ts";
import { urlFault } from "../../outbound/url-guard.ts";
import { freezeDestination, NO_ID } from "../delivery/destination.ts";
import { type Context, sourceOf } from "../../context.ts";
import { isPlain } from "../output/encode/encoding.ts";
import { MAX_FILES } from "../output/file-count.ts";
import { resolveEncoding, unusedColumns } from "../output/encode/resolve.ts";
import type { ExportRequest } from "./request.ts";
import { deriveResultShape } from "../pipeline/result-shape.ts";

/** D1 accepts rows of up to 2,000,000 bytes, and an export is one row. */
const MAX_STORED_BYTES = 1_500_000;
const MAX_WARNINGS = 100;

/** What a request is checked and frozen with; and what its export is created with. */
export type FreezeContext = Pick<Context, "config" | "databases" | "runtime" | "sizes">;

/**
 * Checks a request and resolves everything in it that could change later, without creating anything.
 * @param exportId by default that of an export which is only estimated or checked.
 * @param had of a run of a schedule, what the earlier runs had; undefined: a call's, which leaves out what the export
 * that `since` names had.
 * @throws invalid_request naming the field.
 */
export async function freeze(
  context: FreezeContext,
  space: SpaceRow,
  request: ExportRequest,
  exportId = NO_ID,
  had?: Since | null,
) {
  const { callback_url: callback, since: sinceId } = request;
  const refusal = callback === undefined ? null : callbackFault(callback, context.config.allowInsecureTargets);
  if (refusal !== null) throw invalid({ pointer: "/callback_url", detail: refusal });
  const dataset = datasetNamed(request.dataset);
  if (dataset.tabular === undefined && request.layout === "files")
    throw invalid({ pointer: "/layout", detail: "layout must be single: the result is one JSON document." });
  const db = context.databases.space(space.id);
  const snapshotSeq = await readSequence(db, space.id);
  const now = context.runtime.now();
  const secret = context.runtime.uuid();
  const warnings: Fault[] = [];
  const warn = (warning: Fault) => {
    if (warnings.length < MAX_WARNINGS) warnings.push(warning);
  };
  const asking = {
    db,
    space,
    now,
    snapshotSeq,
    secret,
    increment: sinceId !== undefined,
    scheduled: had !== undefined,
    warn,
  };
  const query = await dataset.freeze(request, asking);
  const { tabular } = dataset;
  const asOf = { db, spaceId: space.id, seq: snapshotSeq };
  const columns = isPlain(request) || tabular === undefined ? null : await tabular.columns(query, asOf);
  const open = columns === null ? undefined : await tabular?.open?.(query, asOf);
  const encoding = resolveEncoding(request, { columns, open, fieldsParameter: tabular?.fieldsParameter }, warn);
  for (const warning of unusedColumns(request, columns ?? [])) warn(warning);
  const stored = JSON.stringify([request, query, encoding]);
  if (stored.length * 3 > MAX_STORED_BYTES && utf8(stored).length > MAX_STORED_BYTES)
    throw invalid({
      pointer: "/columns",
      detail: "The names of all columns are too long together. Name fewer columns.",
    });
  const named = async () =>
    sinceId === undefined ? null : await resolveSince(context, space.id, sinceId, dataset.name);
  const since = had === undefined ? await named() : had;
  const source = dataset.open(query, { ...asOf, events: context.databases.events(space.id), since });
  const revealed = Object.keys(request.redact ?? {}).filter((path) => source.summarized?.names.includes(path));
  if (revealed.length > 0)
    throw invalid(
      ...revealed.map((path) => ({
        pointer: `/redact/${pointerToken(path)}`,
        detail: `The summary in the manifest contains ${path}. Leave it out of redact, or request no summary.`,
      })),
    );
  const eventNames = dataset.eventNames?.(request) ?? [];
  const { window, firstDay } = source;
  const facts = { dataset: request.dataset, exportId, start: window.start, firstDay, eventNames };
  const delivered = await freezeDestination(context, space, request.delivery, facts);
  const shape = deriveResultShape(request, source, context.sizes);
  if (shape.kind === "assembled" && request.format === "parquet") await assertFitsOneFile(source, request.file_rows);
  if (shape.kind !== "assembled" && !shape.rows_vary) await assertFewFiles(source, request.file_rows);
  return { query, snapshotSeq, now, encoding, source, shape, since, delivered, warnings };
}

function callbackFault(url: string, allowInsecure: boolean): string | null {
  if (isCutUrl(url)) return "This address is cut, as answers show it. Send the whole address.";
  return urlFault(url, allowInsecure);
}

/** Snapshot and window's end of the export that `since` names. @throws invalid_request if it has none to use. */
async function resolveSince(
  context: Pick<Context, "databases">,
  spaceId: string,
  exportId: string,
  dataset: string,
): Promise<Since> {
  const earlier = await findExport(context.databases.control, spaceId, exportId);
  const refuse = (detail: string) => invalid({ pointer: "/since", detail });
  if (earlier === null) throw refuse("since must be the id of an export of this space.");
  if (earlier.dataset !== dataset)
    throw refuse(`since must be an export of ${dataset}. This one is of ${earlier.dataset}.`);
  if (earlier.status !== "completed" && earlier.status !== "expired")
    throw refuse(`since must be a completed export. This one is ${earlier.status}.`);
  const { snapshot_seq: seq } = earlier;
  return { seq, steps: [{ until: sourceOf(context, earlier).window.end, seq }], lateFrom: null };
}

/** A create reads at most this many records to find out whether there are too many for their files. */
const MAX_COUNTED = 250_000;
/** Where few of the events that it scans are in the result, it gives up after this many. */
const MAX_SCANNED = 1_000_000;

/** A cut ends early where more records would be too large for a chunk: a create makes this many to count them. */
const MAX_CUTS = 20;

/** Where records are so large that the cuts do not suffice, the plan finds out. @throws invalid_request. */
async function assertFitsOneFile(source: Source, maxRows: number): Promise<void> {
  let [lower, left] = [source.bounds.lower, maxRows + 1];
  for (let cuts = 0; cuts < MAX_CUTS; cuts += 1) {
    const { records, next } = await source.cut(
      { ...source.bounds, lower },
      { records: left, bytes: Infinity, scanned: MAX_SCANNED / MAX_CUTS },
    );
    left -= records;
    if (left === 0)
      throw invalid({
        pointer: "/layout",
        detail: `There are more than ${maxRows} ${source.rowsVary === true ? "records" : "rows"}, the limit of one Parquet file. Request the layout files.`,
      });
    if (next === null) return;
    lower = next;
  }
}

/** Where more records would have to be read for it, the plan finds out. @throws invalid_request. */
async function assertFewFiles(source: Source, fileRows: number): Promise<void> {
  const most = fileRows * MAX_FILES;
  if (most > MAX_COUNTED) return;
  const max = { records: most, bytes: Infinity, scanned: MAX_SCANNED };
  const { records, next } = await source.cut(source.bounds, max);
  if (records === most && next !== null)
    throw invalid({
      pointer: "/file_rows",
      detail: `The result would have more than ${MAX_FILES} files: there are more than ${most} rows. Ask for more rows per file.`,
    });
}
