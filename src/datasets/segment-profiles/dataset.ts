/** `segment_profiles`: one JSON document. A record is a profile, in sections of attributes, tags, events and topics. */

import { countMembers } from "../../db/profiles/segment-members.ts";
import { segmentReadsFrom } from "../../segments/filter.ts";
import { addMonths } from "../../time/days.ts";
import { iso } from "../../time/names.ts";
import type { Bounds, Dataset } from "../dataset.ts";
import { memberRange } from "../members.ts";
import { CHECK_MARGIN_MS, oldestKept } from "../window.ts";
import { cutDocument } from "./cut.ts";
import { freeze, type Query } from "./freeze.ts";
import { keyOf, pages } from "./pages.ts";
import { MAX_MONTHS, shape } from "./request.ts";

export const segmentProfiles: Dataset<typeof shape, Query> = {
  name: "segment_profiles",
  title: "The profiles of a segment, with attributes, tags, events and topics",
  shape,
  example: {
    segment: "gold_customers",
    attributes: ["$email_address", "loyalty_level"],
    tags: ["vip"],
    events: ["order_placed"],
    include_topics: true,
    start_at: "2026-01-01T00:00:00.000Z",
    end_at: "2026-01-08T00:00:00.000Z",
  },

  // The document of each run has the events of the run's own window.
  schedulable: {
    parameters: ["start_at", "end_at"],
    oldest: (space, now) => oldestKept(space, now) + CHECK_MARGIN_MS,
    toParameters({ start, end }, { timezone }) {
      const until = Math.min(end, addMonths(start, MAX_MONTHS, timezone));
      return { parameters: { start_at: iso(start), end_at: iso(until) }, window: { start, end: until } };
    },
  },

  ttl: "segment",

  freeze,

  open(query, snapshot) {
    const { db } = snapshot;
    const isEmpty = query.attributes.length + query.tags.length === 0;
    const range = ({ lower, upper }: Bounds) =>
      memberRange(snapshot, query.segment, lower.id, upper.time > 0 ? null : upper.id);
    return {
      bounds: { lower: { time: 0, id: "" }, upper: { time: 1, id: "" } },
      window: query.window ?? { start: 0, end: 0 },
      readsFrom: isEmpty ? 0 : readsFrom(query),
      form: {
        contentType: "application/json",
        extension: ".json",
        before: '{"profiles":{',
        between: ",",
        lineEnd: "",
        after: "}}",
      },
      files: { cut: "written", secret: query.secret },
      maxRecordsPerStep: 20_000,
      emptyMessage: isEmpty
        ? "The document has no profiles: request at least one attribute or tag."
        : "0 profiles found.",
      async cut(bounds, max) {
        if (isEmpty) return { records: 0, next: null };
        const { records, next } = await cutDocument(snapshot, query, range(bounds), max);
        return { records, next: next === null ? null : keyOf(next) };
      },
      async count(bounds, budget) {
        if (isEmpty) return { records: 0, next: null };
        const { records, first, next } = await countMembers(db, range(bounds), budget);
        const key = (id: string | null) => (id === null ? null : keyOf(id));
        return { records, first: key(first), next: key(next) };
      },
      async *pages(bounds) {
        if (!isEmpty) yield* pages(snapshot, query, range(bounds));
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
