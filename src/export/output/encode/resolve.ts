/**
 * A request's format, columns and redaction against the columns that the dataset has: what comes out is frozen with the
 * export. Whatever does not fit is told with its place in the request.
 */

import type { Column, ColumnType, Edge } from "../../../datasets/dataset.ts";
import { type Fault, invalid, pointerToken } from "../../../errors.ts";
import { type Encoding, type EncodingRequest, type Field, isPlain, MAX_COLUMNS, type Redaction } from "./encoding.ts";

type Path = readonly string[];

/** A row may have 2 MB: whatever repeats it, repeats that. */
const MAX_COPIES = 3;

/**
 * @param columns the dataset's; null where its result is one document.
 * @param picks the dataset's own parameter for what a row has, instead of `columns`.
 * @throws invalid_request naming the column or the path.
 */
export function resolveEncoding(
  request: EncodingRequest,
  columns: readonly Column[] | null,
  picks?: string,
): Encoding | null {
  const { format, csv_escape_formulas: escapeFormulas } = request;
  if (escapeFormulas !== undefined && format !== "csv")
    throw invalid({ pointer: "/csv_escape_formulas", detail: "csv_escape_formulas is for the format csv alone." });
  if (picks !== undefined && request.columns !== undefined)
    throw invalid({ pointer: "/columns", detail: `columns is not for this dataset: name what you want in ${picks}.` });
  if (isPlain(request)) return null;
  if (columns === null) {
    const at = format !== "ndjson" ? "/format" : request.columns !== undefined ? "/columns" : "/redact";
    throw invalid({ pointer: at, detail: "This dataset gives one JSON document: it has no rows and no columns." });
  }
  const faults: Fault[] = [];
  const known = placesIn(columns);
  const redact = redactions(request, columns, known, faults);
  const fields =
    request.columns === undefined ? ownFields(format, columns, redact, faults) : named(request, known, redact, faults);
  if (faults.length > 0) throw invalid(...faults);
  return { format, fields, redact, hidden: hiddenEdges(columns, redact), escapeFormulas: escapeFormulas ?? false };
}

/** What a path may lead to: a column, an object around columns, a field in the items of a list. */
interface Place {
  /** A name in it may have full stops of its own. */
  path: Path;
  type: ColumnType;
  inList: boolean;
}

const keyOf = (path: Path) => path.join(".");

function placesIn(columns: readonly Column[]): Map<string, Place> {
  const places = new Map<string, Place>();
  const add = (path: Path, type: ColumnType, inList: boolean) => places.set(keyOf(path), { path, type, inList });
  for (const { path, fields } of columns) {
    for (let depth = 1; depth < path.length; depth += 1) add(path.slice(0, depth), "json", false);
    for (const field of fields ?? []) add([...path, field], "json", true);
  }
  for (const { path, type } of columns) add(path, type, false);
  return places;
}

/**
 * What was asked, and the same for what stands in the row a second time: there, to drop goes before to hash. The
 * deepest first, so that the order in which they were sent makes no difference.
 */
function redactions(
  request: EncodingRequest,
  columns: readonly Column[],
  known: ReadonlyMap<string, Place>,
  faults: Fault[],
): Redaction[] {
  const asked = Object.entries(request.redact ?? {});
  const hows = new Map(asked);
  const pathOf = (text: string) => known.get(text)?.path ?? text.split(".");
  for (const [path, how] of asked) {
    if (!known.has(path))
      faults.push({ pointer: `/redact/${pointerToken(path)}`, detail: `The rows have no ${path}.` });
    for (const column of columns)
      if (column.alias !== undefined && within(column.path, pathOf(path)) && hows.get(keyOf(column.alias)) !== "drop")
        hows.set(keyOf(column.alias), how);
  }
  const found = [...hows].map(([path, how]) => ({ path: pathOf(path), how }));
  return found.toSorted((a, b) => b.path.length - a.path.length || (keyOf(a.path) < keyOf(b.path) ? -1 : 1));
}

const within = (path: Path, around: Path) => around.every((name, depth) => path[depth] === name);

/** The redaction that takes a path away: it drops it or something around it, or hashes what is around it as a whole. */
function taker(path: Path, redact: readonly Redaction[]): Redaction | undefined {
  const around = redact.filter((each) => within(path, each.path));
  // The last is the outermost.
  return around.findLast((each) => each.how === "drop" || each.path.length < path.length);
}

/** The columns that were asked for, in that order. */
function named(
  request: EncodingRequest,
  known: ReadonlyMap<string, Place>,
  redact: readonly Redaction[],
  faults: Fault[],
): Field[] {
  const names = new Set<string>();
  const copies = new Map<string, number>();
  return (request.columns ?? []).map(({ path: text, as }, index) => {
    const at = `/columns/${index}`;
    const fault = (detail: string, member = "path") => void faults.push({ pointer: `${at}/${member}`, detail });
    const place = known.get(text);
    const path = place?.path ?? text.split(".");
    const name = as ?? text;
    const taken = taker(path, redact);
    const times = (copies.get(text) ?? 0) + 1;
    if (place === undefined) fault(`The rows have no ${text}.`);
    else if (taken?.how === "drop") fault(`redact drops ${keyOf(taken.path)}.`);
    else if (taken !== undefined)
      fault(`redact makes one hash of ${keyOf(taken.path)}: there is nothing in it to take.`);
    else if (times > MAX_COPIES) fault(`One path may stand here ${MAX_COPIES} times.`);
    if (names.has(name)) fault(`A column before it is called ${name} already.`, as === undefined ? "path" : "as");
    names.add(name);
    copies.set(text, times);
    return { name, path, type: typeAfter(path, place, redact) };
  });
}

/** Without `columns`: null for NDJSON, whose rows keep their shape, else every column that is left. */
function ownFields(
  format: EncodingRequest["format"],
  columns: readonly Column[],
  redact: readonly Redaction[],
  faults: Fault[],
): Field[] | null {
  if (format === "ndjson") return null;
  const fields = new Map<string, Field>();
  for (const column of columns) {
    const taken = taker(column.path, redact);
    if (column.within === true || taken?.how === "drop") continue;
    // In the place of what is hashed as a whole stands its hash.
    const path = taken?.path ?? column.path;
    const type = taken === undefined ? typeAfter(path, { path, type: column.type, inList: false }, redact) : "text";
    fields.set(keyOf(path), { name: keyOf(path), path, type });
  }
  if (fields.size === 0) faults.push({ pointer: "/redact", detail: "redact drops every column." });
  if (fields.size > MAX_COLUMNS)
    faults.push({
      pointer: "/columns",
      detail: `These rows have ${fields.size} columns together, more than ${MAX_COLUMNS}: name the ones you want.`,
    });
  return [...fields.values()];
}

/** A hash is a text; of a field in a list there are as many as the list has items. */
function typeAfter(path: Path, place: Place | undefined, redact: readonly Redaction[]): ColumnType {
  const hashed = redact.some((each) => each.how === "sha256" && keyOf(each.path) === keyOf(path));
  return place === undefined || (hashed && !place.inList) ? "text" : place.type;
}

function hiddenEdges(columns: readonly Column[], redact: readonly Redaction[]): Edge[] {
  return columns.flatMap(({ path, edge }) =>
    edge !== undefined && redact.some((each) => within(path, each.path)) ? [edge] : [],
  );
}
