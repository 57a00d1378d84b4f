/**
 * The model: what the HTTP contract says that a space holds, in plain values. It knows nothing of databases, queues,
 * chunks or files. `data` is never changed in place: an export's snapshot is the value that `data` had when the export
 * was created.
 */

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export type PropertyType = "text" | "number" | "boolean" | "date" | "list";

export interface Property {
  name: string;
  type: PropertyType;
  required?: boolean;
  fields?: readonly { name: string; type: PropertyType }[];
}

export interface Definition {
  id: string;
  version: number;
  /** With the sequence number at which each was defined. */
  properties: readonly (Property & { seq: number })[];
  /** The sequence number of its first event. */
  firstEvent: number | null;
}

export interface StoredEvent {
  id: string;
  /** Of the call that brought it. */
  seq: number;
  definition: string;
  version: number;
  person: string;
  session: string | null;
  company: string | null;
  /** Epoch ms. */
  occurredAt: number;
  receivedAt: number;
  /** As sent. */
  properties: Readonly<Record<string, unknown>>;
}

export interface Person {
  external: string | null;
  company: string | null;
  custom: string | null;
  attributes: Readonly<Record<string, unknown>>;
  tags: readonly string[];
  topics: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The sequence number of the write that changed them last. */
  seq: number;
}

export interface Touchpoint {
  id: string;
  person: string;
  occurredAt: number;
  source: string;
}

/** A reachability event that was loaded. */
export interface Reached {
  id: string;
  seq: number;
  person: string;
  occurredAt: number;
  /** What it tells. */
  kind: 0 | 1 | 2;
}

export type Rule =
  | { all: readonly Rule[] }
  | { none: readonly Rule[] }
  | { attribute: string; op: "eq" | "exists"; value: unknown }
  | { tag: string }
  | { event: string; at_least: number };

export interface Data {
  /** Of the last write. */
  seq: number;
  definitions: ReadonlyMap<string, Definition>;
  events: readonly StoredEvent[];
  people: ReadonlyMap<string, Person>;
  /** Merged people → the person into whom each is merged. */
  merged: ReadonlyMap<string, string>;
  touchpoints: readonly Touchpoint[];
  reached: readonly Reached[];
  segments: ReadonlyMap<string, Rule>;
}

export type Status = "pending" | "completed" | "failed" | "canceled" | "expired" | "deleted";

export interface ExportRecord {
  id: string;
  /** As the service shows it, with its defaults. */
  request: Record<string, unknown>;
  dataset: string;
  snapshot: Data;
  /** When it was created, epoch ms. */
  at: number;
  /** Of the space when it was created; of its schedule. */
  zone: string;
  retentionDays: number;
  status: Status;
  completedAt: number | null;
  failedAt: number | null;
  /** Events before this time may have been gone when it was created. */
  doubtBefore: number;
  since: ExportRecord | null;
  schedule: string | null;
  /** Whether it also has what arrived late for earlier windows: a run of an incremental schedule. */
  withLate: boolean;
  /** The largest number of rows that a poll has shown. */
  rowsSeen: number;
}

export interface ScheduleRecord {
  id: string;
  /** As sent, without the window. */
  request: Record<string, unknown>;
  timezone: string;
  cron: string;
  incremental: boolean;
  backfillFrom: number | null;
  /** The data when it was made. */
  made: Data;
  madeAt: number;
  status: "active" | "paused";
  /** What its completed runs delivered: each row's id, with the export that had it. */
  delivered: Map<string, string>;
  /** Event names that every request so far had asked for; null: all. */
  always: readonly string[] | null;
}

export class World {
  /** Epoch ms. */
  now: number;
  zone: string;
  retentionDays: number;
  data: Data;
  readonly exports: ExportRecord[] = [];
  readonly schedules: ScheduleRecord[] = [];
  /** Events of before this time may be gone: a retention pass has seen them past the retention. */
  goneBefore = -Infinity;
  /** Ids that were sent, so that a new one is new. */
  sent = 0;
  readonly idempotency = new Map<string, { body: string; id: string; at: number }>();

  constructor(now: number, zone: string, retentionDays: number) {
    this.now = now;
    this.zone = zone;
    this.retentionDays = retentionDays;
    this.data = {
      seq: 0,
      definitions: new Map(),
      events: [],
      people: new Map(),
      merged: new Map(),
      touchpoints: [],
      reached: [],
      segments: new Map(),
    };
  }

  /** A write was accepted. @param change makes the new data; `seq` is the write's number. */
  write(change: (data: Data, seq: number) => Partial<Data>): void {
    const seq = this.data.seq + 1;
    this.data = { ...this.data, ...change(this.data, seq), seq };
  }

  /** Exports that are queued or processing. */
  pending(): ExportRecord[] {
    return this.exports.filter((each) => each.status === "pending");
  }

  exportById(id: string): ExportRecord | undefined {
    return this.exports.find((each) => each.id === id);
  }
}

/** The ids that name people: their own, and those of merged people. */
export const namesOf = ({ people, merged }: Data): string[] => [...people.keys(), ...merged.keys()];

/** The person whom an id names. */
export const named = ({ merged }: Data, id: string): string => merged.get(id) ?? id;

/** A map with one entry more, or another. */
export function withEntry<Value>(map: ReadonlyMap<string, Value>, key: string, value: Value): Map<string, Value> {
  return new Map([...map, [key, value]]);
}

/** By the bytes of the texts. */
export function bytewise(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The order of events. */
export function byTime(a: { occurredAt: number; id: string }, b: { occurredAt: number; id: string }): number {
  return a.occurredAt - b.occurredAt || bytewise(a.id, b.id);
}
