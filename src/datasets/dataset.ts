/**
 * What a dataset says, so that the context can do the rest: its request, its plan, its pages and its form. A new dataset is one
 * new file that makes one of these, and one line in index.ts.
 */

import type * as z from "zod";
import type { Database } from "../db/core/database.ts";
import type { SpaceRow } from "../db/tenants/spaces.ts";

/** A place in a dataset's order. Records without a time have time 0. Ids compare by their UTF-8 bytes. */
export interface Key {
  time: number;
  id: string;
}

/** Keys k with lower ≤ k < upper. */
export interface Bounds {
  lower: Key;
  upper: Key;
}

/** What stands around and between lines, and what the file is. */
export interface Form {
  contentType: string;
  /** With its dot, after the name's stem and before the compression's: `.json`. */
  extension: string;
  before: string;
  between: string;
  lineEnd: string;
  after: string;
}

/** What a cell of a column is. `json`: an object or a list. */
export type ColumnType = "text" | "boolean" | "number" | "date" | "json";

/** What a manifest says of a file's first and last record. */
export type Edge = "time" | "id";

/** One value of a row: where it stands in the row's JSON, and what it is. */
export interface Column {
  /** Names from the row inwards. */
  path: readonly string[];
  type: ColumnType;
  /** Of a list of objects: the names in them, which a path may go on with. */
  fields?: readonly string[];
  /** It is there for whoever names it, not by default: it stands within another column, or no row has it. */
  within?: boolean;
  /** Where its value stands again: what redacts the one redacts the other. */
  alias?: readonly string[];
  /** The manifest says this of a file's first and last record: where redaction hides it, the manifest does too. */
  edge?: Edge;
}

/** Some records that were read together, in order, already as lines. */
export interface Page {
  lines: readonly string[];
  /**
   * The first line goes on with the line that the page before ended with, and is no row of its own. For lines that are too long to be held
   * whole, in forms that have nothing at a line's end.
   */
  continues?: true;
  /** How many records were read: what the plan counted, whatever number of lines they gave. */
  records: number;
  /** The key of the record that a line is of. */
  keyOf(line: number): Key;
  /** What these lines add to the summary: plain JSON. */
  summary?: unknown;
}

/**
 * How the files of a result are cut, and what they are called. `counted`: every file but the last has exactly the rows that were
 * asked for, and its name says its window. `written`: rows go into a file until it has the rows that were asked for, or would have 100,000,000
 * bytes; its name is made of a secret of the export, so that nobody can guess it and whoever repeats a step finds it again.
 */
export type Files =
  | { cut: "counted"; stem(exportId: string, window: { start: number; end: number }): string }
  | { cut: "written"; secret: string };

/** What a dataset sums up over its rows, for the manifest. Sums are plain JSON, so that the ledger keeps one a chunk. */
export interface Summing {
  /** Names of what the sums tell: where one of these is redacted, there can be no summary. */
  tells: readonly string[];
  merge(sum: unknown, more: unknown): unknown;
  /** What the manifest says. */
  show(sum: unknown): unknown;
}

/** The records of one export, frozen at its snapshot. */
export interface Source {
  bounds: Bounds;
  form: Form;
  files: Files;
  /** A record may give several rows, or none: how many there will be is not known before they are written. */
  rowsVary?: boolean;
  /** Records that one step should read at most, where each may cost queries of its own: an invocation has a thousand. */
  recordsAStep?: number;
  summing?: Summing;
  /** How long the service keeps the result: as downloads, or as the shorter-lived documents of segments. Default: `download`. */
  kept?: "download" | "segment";
  /** The oldest moment of which it reads events, epoch ms; 0 when it reads none that retention could take away. */
  readsFrom: number;
  /** The window of the whole request. */
  window: { start: number; end: number };
  /**
   * How many records there are, `most` at most, and the key of the record after them, or null. May end at an earlier place, where
   * to look for more costs much; but not without a record.
   */
  cut(bounds: Bounds, most: number): Promise<{ records: number; next: Key | null }>;
  count(bounds: Bounds): Promise<number>;
  pages(bounds: Bounds): AsyncGenerator<Page>;
  /** What to tell when there is nothing. */
  emptyMessage: string;
}

/** What a dataset may look at when a request comes in. */
export interface Asking {
  db: Database;
  space: SpaceRow;
  now: number;
  snapshotSeq: number;
  /** Random, the export's own: what nobody can guess is made of it. */
  secret: string;
  /** Is only what an earlier export did not have asked for? */
  increment: boolean;
}

/**
 * What an earlier export had: whatever came up to its snapshot and occurred before its window's end. (Senders' clocks may be
 * fast: what occurred later than that was there, and is not in it.)
 */
export interface Since {
  seq: number;
  /** Epoch ms. Nothing that has no window looks at it. */
  end: number;
}

/** What an export's source is opened with. */
export interface Opening {
  db: Database;
  spaceId: string;
  snapshotSeq: number;
  /** Without what an earlier export had; null: everything. */
  since: Since | null;
}

/**
 * How a schedule's window becomes a request's parameters. What a schedule asks of a dataset without this has no window: it is
 * asked as it is each time.
 */
export interface Windowed {
  /** The parameters that a schedule's request leaves out. */
  parameters: readonly string[];
  /** The oldest start that is taken at this time, epoch ms. */
  oldest(space: SpaceRow, now: number): number;
  /**
   * @param window [start, end) in epoch ms, not empty, not older than `oldest`, and over.
   * @returns the parameters, and the end of what they cover: the window's, or an earlier one where the dataset takes whole
   * days or spans of a bounded length: what is left belongs to the next run. Null: there is nothing to ask for yet.
   */
  parametersOf(
    window: { start: number; end: number },
    space: SpaceRow,
  ): { parameters: Record<string, unknown>; end: number } | null;
  /**
   * A request with `since` gives all that the earlier export did not: what came after its snapshot, and what was there but
   * occurred at its window's end or later. Without this, an incremental schedule keeps to windows that follow each other.
   */
  sinceIsWhole?: true;
}

export interface Dataset<Shape extends z.ZodRawShape = z.ZodRawShape, Query = unknown> {
  name: string;
  title: string;
  /** The request's own parameters; the context adds the common ones. */
  shape: Shape;
  /** An example of them. */
  example: Record<string, unknown>;
  /** The parameter of its own that picks what a row has; the common `columns` is refused then. */
  picks?: string;
  /** The result is one document: it has no `files`. */
  oneDocument?: true;
  /**
   * Checks what a schema cannot, and freezes the request: everything that could change later is resolved here.
   * @returns plain JSON, stored with the export.
   * @throws invalid_request naming the field.
   */
  freeze(request: z.output<z.ZodObject<Shape>>, asking: Asking): Promise<Query>;
  /** @param query what `freeze` gave. */
  open(query: Query, opening: Opening): Source;
  /**
   * What a row may have, in its order; null where a result is one document and not rows.
   * @param ofRows the result depends on what the rows have, of all that they may have: it is worth a look at them.
   */
  columns(query: Query, asking: Asking, ofRows: boolean): Promise<Column[] | null>;
  windowed?: Windowed;
}

/** A dataset in the list: what is its own is its own business. Methods keep their parameters' real types inside. */
export interface Registered {
  name: string;
  title: string;
  shape: z.ZodRawShape;
  example: Record<string, unknown>;
  picks?: string;
  oneDocument?: true;
  freeze(request: unknown, asking: Asking): Promise<unknown>;
  open(query: unknown, opening: Opening): Source;
  columns(query: unknown, asking: Asking, ofRows: boolean): Promise<Column[] | null>;
  windowed?: Windowed;
}
