/**
 * The interface of a dataset: a core (its request, `freeze` and `open`), and capabilities that a dataset may have
 * (`tabular`, `schedulable`, `summarized`). The API offers what the capabilities allow. A new dataset is one new file
 * or folder that exports a `Dataset`, and one line in index.ts.
 */

import type * as z from "zod";
import type { Database } from "../db/core/database.ts";
import type { ScanBudget } from "../db/core/scan-budget.ts";
import type { CutLimits } from "../db/events/event-cut.ts";
import type { EventStore } from "../db/events/event-store.ts";
import type { HadStep, StoredUnder } from "../db/events/event-range.ts";
import type { SpaceRow } from "../db/tenants/spaces.ts";
import type { Fault } from "../errors.ts";
import type { Column } from "./column.ts";

export interface Dataset<
  Shape extends z.ZodRawShape = z.ZodRawShape,
  Query = unknown,
  Request = z.output<z.ZodObject<Shape>>,
> {
  name: string;
  title: string;
  /** The schema of the dataset's own request parameters; the API adds the common ones. */
  shape: Shape;
  /** An example of the dataset's own parameters. */
  example: Record<string, unknown>;
  /**
   * Checks what a schema cannot check, and resolves everything that could change later.
   * @returns plain JSON, stored with the export.
   * @throws invalid_request naming the field.
   */
  freeze(request: Request, context: FreezeContext): Promise<Query>;
  /** @param query the result of `freeze`. */
  open(query: Query, snapshot: Snapshot): Source;
  /** Which of the service's retention times applies to the result. Absent: `download`. */
  ttl?: "download" | "segment";
  /** The event names in a request, for `{event_name}` in a key template. Absent: the dataset has none. */
  eventNames?(request: Request): readonly string[];
  tabular?: Tabular<Query>;
  schedulable?: Schedulable;
}

/** Any dataset of the list, where the types of its request and query are not known. */
export type AnyDataset = Dataset<z.ZodRawShape, unknown, unknown>;

/** Epoch ms: start ≤ time < end. */
export interface TimeWindow {
  start: number;
  end: number;
}

/** What `freeze` may read. */
export interface FreezeContext {
  db: Database;
  space: SpaceRow;
  now: number;
  snapshotSeq: number;
  /** Random, one for each export: unguessable file names are derived from it. */
  secret: string;
  /** Does the request have `since`? */
  increment: boolean;
  /** Is it a run of a schedule? Its window may begin before the retention: then it has what is kept of it. */
  scheduled: boolean;
  /** Tells the client of a name in the request that nothing has. Unlike a fault, it does not fail the request. */
  warn: (warning: Fault) => void;
}

/** What an export reads: a space's data as of a sequence number. */
export interface Snapshot {
  db: Database;
  /** The events of the same space. */
  events: EventStore;
  spaceId: string;
  seq: number;
  /** Leaves out what this earlier export had; null: the export has everything. */
  since: Since | null;
  /** Leaves out people who were deleted after the snapshot too, for reads that are not repeated (List Events). */
  excludeDeletedNow?: boolean;
  /** Only this person's events, for lists of events. */
  person?: string | undefined;
  /** The ids under which this person's events are stored; undefined: the person's own alone. */
  stored?: StoredUnder | undefined;
}

/** What a look-up at a snapshot needs. */
export type AsOf = Pick<Snapshot, "db" | "spaceId" | "seq">;

/**
 * What earlier exports had, and which records count that occurred before this export's window. A sender's clock may be
 * fast or slow, and an event may arrive late: when it was stored and when it occurred both decide whether an export had
 * it.
 */
export interface Since {
  /** Of records without a time of occurrence: those with a sequence number ≤ seq were had. */
  seq: number;
  /** Of events: what was had, in ascending order. */
  steps: readonly HadStep[];
  /**
   * Epoch ms: also events that occurred from this time on, before the window's start, are in the export, unless they
   * were had. Null: only those of the window.
   */
  lateFrom: number | null;
}

/**
 * Capability: the result has rows with columns, so that CSV, Parquet, `columns`, `redact` and several files are
 * offered. The result of a dataset without it is one JSON document.
 */
export interface Tabular<Query = unknown> {
  /**
   * The columns that a row may have, in their order. They follow from the query and the definitions as of the snapshot,
   * whatever the rows hold: the same request has the same columns day after day, or more of them at the end.
   */
  columns(query: Query, asOf: AsOf): Promise<Column[]>;
  /** The object in a row that may have further members. Absent: rows have the columns and nothing else. */
  open?(query: Query, asOf: AsOf): Promise<OpenObject>;
  /** The dataset's own parameter that selects the fields of a row. The common `columns` is rejected then. */
  fieldsParameter?: string;
}

/** An object in a row whose members are the properties of events: definitions may add more. */
export interface OpenObject {
  /** From the row inwards; empty: the row itself. */
  path: readonly string[];
  /** The members that any row of the space may have, whatever the request selects: each member's path within it. */
  members: ReadonlySet<string>;
  /** Could a definition add a member of this name? */
  admits(name: string): boolean;
}

/**
 * Capability: how the window of a schedule's run becomes parameters. A dataset without it has no window: each run
 * repeats the schedule's request unchanged.
 */
export interface Schedulable {
  /** The parameters that a schedule's request leaves out. */
  parameters: readonly string[];
  /** The oldest start that the dataset accepts at this time, epoch ms. */
  oldest(space: SpaceRow, now: number): number;
  /**
   * @param window not empty, not older than `oldest`, and in the past.
   * @returns the parameters, and the window that they cover: the same, or another where the dataset has whole days or
   * spans of a limited length; the next run covers the rest. Null: the window has nothing to ask for yet.
   */
  toParameters(window: TimeWindow, space: SpaceRow): { parameters: Record<string, unknown>; window: TimeWindow } | null;
  /**
   * The source leaves out what earlier exports had (`Since`), and reads what occurred before its window but arrived
   * late. Without this, the runs of an incremental schedule use windows that follow each other.
   */
  readsLate?: true;
  /**
   * The start of the first window of a schedule that is made at this time, where the dataset has whole days.
   * @param time epoch ms.
   */
  firstStart?(time: number, space: SpaceRow): number;
}

/** Capability: totals over the rows, for the manifest. Sums are plain JSON; the ledger stores one for each chunk. */
export interface Summarized {
  /** Names of the columns that the totals reveal: there can be no summary where one of them is redacted. */
  names: readonly string[];
  merge(sum: unknown, more: unknown): unknown;
  /** The sum as the manifest shows it. */
  toManifest(sum: unknown): unknown;
}

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

/** The records of one export, frozen at its snapshot. */
export interface Source {
  bounds: Bounds;
  form: Form;
  files: Files;
  /** One record may have several rows, or none: the number of rows is unknown until they are written. */
  rowsVary?: boolean;
  /** The most records that one step should read, where a record costs queries: an invocation has a thousand. */
  maxRecordsPerStep?: number;
  summarized?: Summarized;
  /** The oldest time of which the source reads events, epoch ms; 0: it reads none that retention could delete. */
  readsFrom: number;
  /** The window of the whole request, also where events from before it are in the export (`Since.lateFrom`). */
  window: TimeWindow;
  /** The first requested day, as `YYYY-MM-DD`, where the request names days. Default: the window's start in UTC. */
  firstDay?: string;
  /**
   * Finds the end of a chunk, from the data alone.
   * @returns the number of records up to it, within the limits, and the key of the next record, or null at the end of
   * the bounds. `first` is the first record's key, where the source knows it. A source may return fewer records where
   * more would cost too many queries, and `next` is then a place that may have no record. A chunk has at least one
   * record where there is one, even if it exceeds the bytes; of events it may have none where the limit of scanned
   * events is reached.
   */
  cut(bounds: Bounds, max: CutLimits): Promise<{ records: number; first?: Key | null; next: Key | null }>;
  /**
   * @returns the number of records, and null; when the budget ended before, those up to a key, and this key. `first` is
   * the first record's key, where the source knows it: a sample of the result begins there.
   */
  count(bounds: Bounds, budget: ScanBudget): Promise<{ records: number; first?: Key | null; next: Key | null }>;
  /**
   * Where the last records of the bounds begin, for pages that are read backwards. Absent: no list has the dataset.
   * @param max `records` of them, or those among `scanned` events of whatever type.
   */
  startOfLast?(bounds: Bounds, max: Pick<CutLimits, "records" | "scanned">): Promise<Key>;
  pages(bounds: Bounds): AsyncGenerator<Page>;
  /** The same rows for formats of columns, where the dataset has values at hand. Absent: its lines are parsed. */
  valuePages?(bounds: Bounds): AsyncGenerator<ValuePage>;
  /** The message of a result without records. */
  emptyMessage: string;
}

/** The text around and between lines, and the type of the file. */
export interface Form {
  contentType: string;
  /** With its dot, between the name's stem and the compression's extension: `.json`. */
  extension: string;
  before: string;
  between: string;
  lineEnd: string;
  after: string;
}

/**
 * How the result is cut into files, and how they are named. `counted`: every file but the last has exactly the
 * requested number of rows, and its name shows its window. `written`: a file ends when it has the requested number of
 * rows, or would exceed 100,000,000 bytes; its name is derived from a secret of the export: the name is unguessable,
 * and a repeated step derives the same one.
 */
export type Files =
  | {
      cut: "counted";
      stem(exportId: string, window: TimeWindow): string;
      /** When the first record within these bounds occurred, and every `every`th after it: epoch ms. */
      starts(bounds: Bounds, every: number): Promise<number[]>;
    }
  | { cut: "written"; secret: string };

/** Records that were read together, in their order, as lines. */
export interface Page {
  lines: readonly string[];
  /**
   * The first line continues the last line of the page before, and is not a row of its own. For lines that are too long
   * for memory, in forms without a line end.
   */
  continues?: true;
  /** How many records were read, however many lines they have. The plan counts records. */
  records: number;
  /** The key of the record that a line belongs to. */
  keyOf(line: number): Key;
  /** What these lines add to the summary: plain JSON. */
  summary?: unknown;
}

/** A page of rows whose values the dataset has at hand. */
export interface ValuePage extends Omit<Page, "lines" | "continues"> {
  rows: readonly ValueRow[];
}

/** A row, with the same members as its line. */
export interface ValueRow {
  /** Some of its members. A reader of the row may change them. */
  head: Record<string, string | null>;
  /** A JSON object with all other members. */
  rest: string;
  line(): string;
}
