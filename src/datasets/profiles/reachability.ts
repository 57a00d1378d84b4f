/** `reachability_events`: a record is a change of a profile's reachability on a channel. */

import * as z from "zod";
import { REACHABILITY_EVENTS } from "../../db/events/event-range.ts";
import { type ReachabilityRecord, readReachability } from "../../db/events/reachability.ts";
import { peopleChanges } from "../../db/profiles/merges.ts";
import { FIRST_REACHABILITY } from "../../ingest/load-reachability.ts";
import { type Channel, REASONS } from "../../ingest/reachability.ts";
import { iso } from "../../time/names.ts";
import type { Column } from "../column.ts";
import type { Dataset, Key } from "../dataset.ts";
import { distinct } from "../distinct.ts";
import { rangeSource, type WindowQuery } from "../event-source.ts";
import { quote, quoteOrNull } from "../json-text.ts";
import { NDJSON } from "../lines.ts";
import { withOwners } from "../merged-people.ts";
import { identifiedPages, IdentifierRow } from "./identifiers.ts";
import { readWindow, schedulable, windowShape } from "./window.ts";

const CHANNELS = Object.keys(REASONS) as [Channel, ...Channel[]];

const shape = {
  ...windowShape,
  channels: distinct(z.array(z.enum(CHANNELS)).min(1).max(CHANNELS.length))
    .default(CHANNELS)
    .describe("Events of these channels. Default: of all channels."),
} as const;

interface Query extends WindowQuery {
  /** Null: every channel. */
  channels: string[] | null;
  secret: string;
}

const CUSTOM_ID = new IdentifierRow(["custom_id"]);

const event = (name: string, type: Column["type"]): Column => ({ path: ["event", name], type });

const COLUMNS: Column[] = [
  { ...event("channel", "text"), required: true },
  { ...event("id", "text"), required: true, edge: "id" },
  { ...event("timestamp", "date"), required: true, edge: "time" },
  { ...event("reasons", "json"), required: true },
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

  schedulable: schedulable(FIRST_REACHABILITY),

  async freeze(request, { db, space, now, snapshotSeq, secret }) {
    const window = readWindow(request, space, now, FIRST_REACHABILITY);
    return {
      ...window,
      channels: request.channels.length === CHANNELS.length ? null : request.channels,
      secret,
      ...(await peopleChanges(db, space.id, snapshotSeq)),
    };
  },

  tabular: { columns: async () => COLUMNS },

  open: (query, snapshot) => ({
    ...rangeSource(snapshot, REACHABILITY_EVENTS, query, query.channels, (range) => {
      const records = withOwners(snapshot, query, readReachability(snapshot.db, range), "person_id");
      return identifiedPages(
        snapshot,
        CUSTOM_ID,
        records,
        (page) => [page],
        (record) => record.person_id,
        line,
        keyOf,
      );
    }),
    form: NDJSON,
    files: { cut: "written", secret: query.secret },
  }),
};

const keyOf = (record: ReachabilityRecord): Key => ({ time: record.occurred_at, id: record.id });

function line(record: ReachabilityRecord, identifiers: string): string {
  const installation = record.channel === "PUSH" ? `,"installation_id":${quoteOrNull(record.installation_id)}` : "";
  return `{"event":{"channel":"${record.channel}","id":${quote(record.id)},"timestamp":"${iso(record.occurred_at)}",${record.event.slice(1)},"identifiers":${identifiers}${installation}}}`;
}
