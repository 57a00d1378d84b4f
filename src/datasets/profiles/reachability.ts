/** `reachability_events`: a record is a change of a profile's reachability on a channel. */

import * as z from "zod";
import { pendingDeletions } from "../../db/profiles/deletions.ts";
import {
  countReachability,
  cutReachability,
  type ReachabilityRange,
  type ReachabilityRecord,
  readReachability,
} from "../../db/events/reachability.ts";
import { FIRST_REACHABILITY } from "../../ingest/load-reachability.ts";
import { type Channel, REASONS } from "../../ingest/reachability.ts";
import { iso } from "../../time/names.ts";
import type { Bounds, Column, Dataset, Key, Opening, Page } from "../dataset.ts";
import { pageOf } from "../page-of.ts";
import { quote, quoteOrNull } from "../json-text.ts";
import { IdentifierRow, PersonsIdentifiers, setOfNames } from "./identifiers.ts";
import { LINES } from "./lines.ts";
import { windowed, windowOf, windowShape } from "./window.ts";

const CHANNELS = Object.keys(REASONS) as [Channel, ...Channel[]];

const shape = {
  ...windowShape,
  channels: setOfNames(z.enum(CHANNELS), CHANNELS.length)
    .default(CHANNELS)
    .describe("The events of these channels. Left out: of all."),
} as const;

interface Query {
  start: number;
  end: number;
  /** null: any. */
  channels: string[] | null;
  secret: string;
  /** Are people who were deleted left out? See ReachabilityRange. */
  sifted?: "at_snapshot";
}

const CUSTOM_ID = new IdentifierRow(["custom_id"]);

const event = (name: string, type: Column["type"]): Column => ({ path: ["event", name], type });

const COLUMNS: Column[] = [
  event("channel", "text"),
  { ...event("id", "text"), edge: "id" },
  { ...event("timestamp", "date"), edge: "time" },
  event("reasons", "json"),
  event("has_phone_number", "boolean"),
  event("sms_marketing", "text"),
  event("has_email_address", "boolean"),
  event("email_marketing", "text"),
  event("is_optin", "boolean"),
  event("platform", "text"),
  ...CUSTOM_ID.columns(["installation_id"]),
];

export const reachabilityEvents: Dataset<typeof shape, Query> = {
  name: "reachability_events",
  title: "Changes of profiles' reachability by SMS, email and push",
  shape,
  example: { from: "2026-01-01T00:00:00.000Z", to: "2026-01-08T00:00:00.000Z", channels: ["SMS", "EMAIL"] },

  windowed: windowed(FIRST_REACHABILITY),

  async freeze(request, { db, space, now, snapshotSeq, secret }) {
    const window = windowOf(request, space, now, FIRST_REACHABILITY);
    const deletions = await pendingDeletions(db, space.id, snapshotSeq);
    return {
      ...window,
      channels: request.channels.length === CHANNELS.length ? null : request.channels,
      secret,
      ...(deletions ? { sifted: "at_snapshot" } : {}),
    };
  },

  columns: async () => COLUMNS,

  open(query, opening) {
    const { spaceId, snapshotSeq: seq, since } = opening;
    const { start, end, channels, sifted } = query;
    const bounds = { lower: { time: start, id: "" }, upper: { time: end, id: "" } };
    const range = (within: Bounds): ReachabilityRange => ({ spaceId, seq, since, channels, sifted, ...within });
    return {
      ...LINES,
      bounds,
      window: { start, end },
      readsFrom: start,
      emptyMessage: "0 events found for the time period queried.",
      files: { cut: "written", secret: query.secret },
      cut: (within, records) => cutReachability(opening.db, range(within), records),
      count: (within) => countReachability(opening.db, range(within)),
      pages: (within) => pages(opening, range(within)),
    };
  },
};

const keyOf = (record: ReachabilityRecord): Key => ({ time: record.occurred_at, id: record.id });

async function* pages(opening: Opening, range: ReachabilityRange): AsyncGenerator<Page> {
  const persons = new PersonsIdentifiers(opening, CUSTOM_ID);
  for await (const records of readReachability(opening.db, range)) {
    const identifiers = await persons.look(records.map((record) => record.person_id));
    const lines = records.map((record, n) => line(record, identifiers[n] ?? "{"));
    yield pageOf(records, lines, keyOf);
  }
}

function line(record: ReachabilityRecord, identifiers: string): string {
  const installation = record.channel === "PUSH" ? `,"installation_id":${quoteOrNull(record.installation_id)}` : "";
  return `{"event":{"channel":"${record.channel}","id":${quote(record.id)},"timestamp":"${iso(record.occurred_at)}",${record.event.slice(1)},"identifiers":${identifiers}${installation}}}`;
}
