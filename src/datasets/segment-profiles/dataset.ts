/** `segment_profiles`: a record is a profile of a segment, in sections of attributes, tags, events and topics. One JSON document. */

import { countMembers, cutMembers, type MemberRange, MEMBERS } from "../../db/profiles/segment-members.ts";
import { compileSegment } from "../../segments/compile.ts";
import { segmentReadsFrom } from "../../segments/filter.ts";
import { profilesAtOnce } from "../../segments/limits.ts";
import { addMonths } from "../../time/days.ts";
import { iso } from "../../time/names.ts";
import type { Bounds, Dataset } from "../dataset.ts";
import { freeze, type Query } from "./freeze.ts";
import { keyOf, pages } from "./pages.ts";
import { MAX_MONTHS, shape } from "./request.ts";

const DAY_MS = 86_400_000;
/** A request that is made up now is asked a little later. */
const UNTIL_ASKED_MS = 60_000;
/** Profiles that one query looks at where no rule is looked at. */
const EVERYBODY_AT_ONCE = 20_000;
/** With events: some hundred of each profile are about a thousand queries. */
const A_STEP = { plain: 20_000, withEvents: 1_000 };

export const segmentProfiles: Dataset<typeof shape, Query> = {
  name: "segment_profiles",
  title: "The profiles of a segment, with attributes, tags, events and topics",
  shape,
  oneDocument: true,
  example: {
    segment: "gold_customers",
    attributes: ["$email_address", "loyalty_level"],
    tags: ["vip"],
    events: ["order_placed"],
    include_topics: true,
    start_at: "2026-01-01T00:00:00.000Z",
    end_at: "2026-01-08T00:00:00.000Z",
  },

  // Each run's document has the events of its own window.
  windowed: {
    parameters: ["start_at", "end_at"],
    oldest: (space, now) => now - space.retention_days * DAY_MS + UNTIL_ASKED_MS,
    parametersOf({ start, end }, { timezone }) {
      const until = Math.min(end, addMonths(start, MAX_MONTHS, timezone));
      return { parameters: { start_at: iso(start), end_at: iso(until) }, end: until };
    },
  },

  freeze,

  columns: async () => null,

  open(query, opening) {
    const { db, spaceId, snapshotSeq: seq, since } = opening;
    const { segment } = query;
    const nobody = query.attributes.length + query.tags.length === 0;
    const range = ({ lower, upper }: Bounds): MemberRange => ({
      spaceId,
      seq,
      since: since?.seq ?? 0,
      condition: segment === null ? null : compileSegment(segment, MEMBERS),
      slice: segment === null ? EVERYBODY_AT_ONCE : profilesAtOnce(segment.rule),
      lower: lower.id,
      upper: upper.time > 0 ? null : upper.id,
    });
    return {
      bounds: { lower: { time: 0, id: "" }, upper: { time: 1, id: "" } },
      window: query.window ?? { start: 0, end: 0 },
      readsFrom: nobody ? 0 : readsFrom(query),
      form: {
        contentType: "application/json",
        extension: ".json",
        before: '{"profiles":{',
        between: ",",
        lineEnd: "",
        after: "}}",
      },
      files: { cut: "written", secret: query.secret },
      recordsAStep: query.events.length === 0 ? A_STEP.plain : A_STEP.withEvents,
      kept: "segment",
      emptyMessage: nobody
        ? "No profiles: ask for at least one attribute or tag, or profiles do not appear."
        : "0 profiles found.",
      async cut(within, most) {
        if (nobody) return { records: 0, next: null };
        const { records, next } = await cutMembers(db, range(within), most);
        return { records, next: next === null ? null : keyOf(next) };
      },
      count: async (within) => (nobody ? 0 : countMembers(db, range(within))),
      async *pages(within) {
        if (!nobody) yield* pages(opening, query, range(within));
      },
    };
  },
};

function readsFrom({ segment, events, window }: Query): number {
  const times = [
    segment === null ? 0 : segmentReadsFrom(segment),
    events.length === 0 || window === null ? 0 : window.start,
  ].filter((time) => time !== 0);
  return times.length === 0 ? 0 : Math.min(...times);
}
