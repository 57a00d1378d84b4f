/** What an export must deliver, by the model: as of its snapshot, by its dataset. */

import { cellsOf, eventsIn, flatColumns, flatRow, nestedRow, profileEventRow, type Row } from "./activity-rows.ts";
import { CONVERSIONS, conversionRow, creditRows, daysWindow } from "./conversion-rows.ts";
import { channelOf, reachabilityRow } from "./reachability-rows.ts";
import { type AsOf, attributesRow, documentEntry, peopleOf } from "./people-rows.ts";
import { lines } from "../support/gunzip.ts";
import { readCsv } from "../support/formats.ts";
import { byTime, type ExportRecord, type StoredEvent, type World } from "./world.ts";

export interface Expected {
  /** In their order. An optional one may be missing. */
  rows: { id: string; row: unknown; optional: boolean }[];
  /** Of each CSV file. */
  header?: string[];
  /** The rows of each file. */
  read: (texts: readonly string[]) => unknown[][];
  /** Whether the progress counts these rows. */
  countsRows: boolean;
}

export function expectedResult(record: ExportRecord, world: World): Expected {
  const make = DATASETS[record.dataset];
  if (make === undefined) throw new Error(`the model does not know ${record.dataset}`);
  return make(record, world);
}

const DATASETS: Record<string, (record: ExportRecord, world: World) => Expected> = {
  activity_events: activityEvents,
  profile_events: profileEvents,
  profile_attributes: profileAttributes,
  segment_profiles: segmentProfiles,
  conversion_events: conversionEvents,
  reachability_events: reachabilityEvents,
};

/** When a thing happened, and by which write it came. */
type Happened = Pick<StoredEvent, "occurredAt" | "seq">;

/** A bound as whole milliseconds, rounded up. */
function bound(text: unknown): number {
  const [, seconds = "", digits = ""] = /^(.*:\d\d)(?:\.(\d+))?Z$/.exec(String(text)) ?? [];
  const [ms, below] = [digits.padEnd(3, "0").slice(0, 3), digits.slice(3)];
  return Date.parse(`${seconds}.${ms}Z`) + (/[1-9]/.test(below) ? 1 : 0);
}

/** The window of an export of events, `[from, to)` in epoch ms. */
function windowOf({ dataset, request, zone }: ExportRecord): { from: number; to: number } {
  if (dataset === "activity_events") return { from: bound(request["start"]), to: bound(request["end"]) };
  if (dataset !== "conversion_events") return { from: bound(request["from"]), to: bound(request["to"]) };
  const { date, start_date: first = date, end_date: last = date } = request;
  return daysWindow(zone, String(first), String(last));
}

/**
 * Is the event for this export, which continues an earlier one? What was accepted after that one's snapshot is, and
 * what occurred after its window; what occurred before its window, and was there, is or is not.
 */
function isNew({ since }: ExportRecord, event: Happened): "yes" | "no" | "open" {
  if (since === null || event.seq > since.snapshot.seq) return "yes";
  const { from, to } = windowOf(since);
  if (event.occurredAt >= to) return "yes";
  return event.occurredAt < from ? "open" : "no";
}

/** May the event be missing? A retention pass may have deleted it; which run of a schedule has it is not said. */
function isOptional(record: ExportRecord, event: Happened): boolean {
  return event.occurredAt < record.doubtBefore || record.withLate || isNew(record, event) === "open";
}

/** The events that an export may have, in order. @param of which definitions it is about; all unless it is given. */
function eventsOf(record: ExportRecord, of?: readonly string[]): StoredEvent[] {
  const names = record.request["event_names"] as string[] | undefined;
  const window = windowOf(record);
  return eventsIn(record.snapshot, record.withLate ? { ...window, from: -Infinity } : window, names)
    .filter(({ definition }) => of === undefined || of.includes(definition))
    .filter((event) => isNew(record, event) !== "no");
}

function activityEvents(record: ExportRecord): Expected {
  const { request, snapshot } = record;
  const found = eventsOf(record);
  const toRow = request["row_format"] === "nested" ? nestedRow : flatRow;
  const names = request["event_names"] as string[] | undefined;
  const picked = request["columns"] as { path: string; as?: string }[] | undefined;
  const rows = found.map((event) => ({ event, row: pick(toRow(snapshot, event), picked) }));
  const common = { countsRows: true };
  if (request["format"] !== "csv")
    return {
      ...common,
      rows: rows.map(({ event, row }) => ({ id: event.id, row, optional: isOptional(record, event) })),
      read: readLines,
    };
  const columns =
    picked === undefined
      ? flatColumns(snapshot, names)
      : picked.map(({ path, as }) => ({ name: as ?? path, of: null, property: as ?? path }));
  return {
    ...common,
    rows: rows.map(({ event, row }) => ({
      id: event.id,
      row: cellsOf(columns, row),
      optional: isOptional(record, event),
    })),
    header: columns.map(({ name }) => name),
    read: readTables,
  };
}

/** The columns that were picked, by path. */
function pick(row: Row, columns: readonly { path: string; as?: string }[] | undefined): Row {
  if (columns === undefined) return row;
  return Object.fromEntries(columns.map(({ path, as }) => [as ?? path, at(row, path.split("."))]));
}

function at(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined || value === null || value === undefined) return value ?? null;
  if (Array.isArray(value)) return value.map((item) => at(item, [name, ...rest]));
  return at((value as Row)[name], rest);
}

function profileEvents(record: ExportRecord): Expected {
  const { request, snapshot } = record;
  const found = eventsOf(record);
  const identifiers = (request["identifiers"] ?? []) as string[];
  return {
    rows: found.map((event) => ({
      id: event.id,
      row: profileEventRow(snapshot, event, identifiers),
      optional: isOptional(record, event),
    })),
    read: readLines,
    countsRows: true,
  };
}

/** The lines of each file as values. */
const readLines = (texts: readonly string[]): unknown[][] => texts.map((text) => lines<unknown>(text));

/** The lines of each file as cells, without the headers. */
const readTables = (texts: readonly string[]): unknown[][] => texts.map((text) => readCsv(text).slice(1));

const asOf = ({ snapshot, at, retentionDays }: ExportRecord): AsOf => ({ data: snapshot, at, retentionDays });

function profileAttributes(record: ExportRecord): Expected {
  const { request, since } = record;
  const found = peopleOf(asOf(record), request["segment"] as string | undefined).filter(
    ([, person]) => since === null || person.seq > since.snapshot.seq,
  );
  return {
    rows: found.map((each) => ({ id: each[0], row: attributesRow(each, request), optional: false })),
    read: readLines,
    countsRows: true,
  };
}

function segmentProfiles(record: ExportRecord): Expected {
  const { request, since, snapshot } = record;
  const isAsked = request["attributes"] !== undefined || request["tags"] !== undefined;
  const window =
    request["start_at"] === undefined ? null : { from: bound(request["start_at"]), to: bound(request["end_at"]) };
  const found = peopleOf(asOf(record), request["segment"] as string | undefined).filter(
    ([, person]) => isAsked && (since === null || person.seq > since.snapshot.seq),
  );
  return {
    rows: found.map((each) => ({ id: each[0], row: documentEntry(snapshot, each, request, window), optional: false })),
    read: (texts) =>
      texts.map((text) =>
        Object.entries((JSON.parse(text) as { profiles: Row }).profiles).map(([id, entry]) => ({ [id]: entry })),
      ),
    countsRows: true,
  };
}

function conversionEvents(record: ExportRecord): Expected {
  const { request, snapshot } = record;
  const fields = (request["fields"] ?? []) as string[];
  const rowsOf = (event: StoredEvent) =>
    request["sources"] === undefined ? [conversionRow(event, fields)] : creditRows(snapshot, event, request);
  return {
    rows: eventsOf(record, CONVERSIONS).flatMap((event) =>
      rowsOf(event).map((row) => ({
        id: [event.id, row["touchpoint_id"]].join(" ").trim(),
        row,
        optional: isOptional(record, event),
      })),
    ),
    read: readLines,
    countsRows: true,
  };
}

function reachabilityEvents(record: ExportRecord): Expected {
  const { request, snapshot } = record;
  const channels = request["channels"] as string[] | undefined;
  const { from, to } = windowOf(record);
  const found = snapshot.reached
    .filter((event) => event.occurredAt >= from && event.occurredAt < to)
    .filter((event) => channels === undefined || channels.includes(channelOf(event)))
    .filter((event) => isNew(record, event) !== "no")
    .toSorted(byTime);
  return {
    rows: found.map((event) => ({
      id: event.id,
      row: reachabilityRow(snapshot, event),
      optional: isOptional(record, event),
    })),
    read: readLines,
    countsRows: true,
  };
}
