/** `conversion_events`: a record is a conversion; a line is a conversion, or its credit to a touchpoint. */

import { EVENTS } from "../../db/events/event-range.ts";
import type { EventRecord } from "../../db/events/events.ts";
import { addDays, dayOf, daysBetween, dayWindow } from "../../time/days.ts";
import type { Dataset, Page } from "../dataset.ts";
import { eventKey, rangeOf, rangeSource } from "../event-source.ts";
import { linePage, NDJSON } from "../lines.ts";
import { withOwners } from "../merged-people.ts";
import { CHECK_MARGIN_MS, oldestKept } from "../window.ts";
import { Crediting } from "./credit.ts";
import { cutJourneys } from "./cut.ts";
import { freeze, type Query } from "./freeze.ts";
import { MAX_JOURNEYS_PER_STEP, needsWholeJourneys } from "./journeys.ts";
import { conversionColumns, Lines } from "./lines.ts";
import { MAX_DAYS, shape } from "./request.ts";
import { summarize } from "./summary.ts";

export const conversionEvents: Dataset<typeof shape, Query> = {
  name: "conversion_events",
  title: "Conversions, or the credit that touchpoints get for them",
  shape,
  example: {
    date: "2026-01-15",
    sources: ["google_ads", "facebook_ads", "email"],
    attribution_model: "linear",
    attribution_window: 30,
    fields: ["event_name", "amount", "campaign_name"],
  },

  eventNames: (request) => request.event_names ?? [],

  // A run covers whole days: the day on which it runs belongs to the next run. The space that it is given has the
  // schedule's time zone.
  schedulable: {
    parameters: ["date", "start_date", "end_date", "start", "end"],
    oldest: (space, now) => oldestKept(space, now) + CHECK_MARGIN_MS,
    toParameters({ start, end }, { timezone }) {
      const first = dayOf(start, timezone);
      const days = daysBetween(first, dayOf(end, timezone));
      if (days < 1) return null;
      const last = addDays(first, Math.min(days, MAX_DAYS) - 1);
      const parameters = first === last ? { date: first } : { start_date: first, end_date: last };
      return { parameters, window: { start: dayWindow(first, timezone).start, end: dayWindow(last, timezone).end } };
    },
    readsLate: true,
    firstStart: (time, { timezone }) => dayWindow(dayOf(time, timezone), timezone).start,
  },

  freeze,

  tabular: { columns: async (query) => conversionColumns(query), fieldsParameter: "fields" },

  open(query, snapshot) {
    const { attribution } = query;
    const summarized = summarize(attribution);
    const whole = needsWholeJourneys(attribution?.models ?? []);
    const source = rangeSource(snapshot, EVENTS, query, query.definition_ids, (range) =>
      attribution === null
        ? conversions(
            withOwners(snapshot, query, snapshot.events.pages(range), "personId"),
            new Lines(query, snapshot.spaceId),
          )
        : new Crediting(snapshot, query, attribution).pages(range),
    );
    const range = rangeOf(EVENTS, query, query.definition_ids, snapshot);
    return {
      ...source,
      async cut(bounds, max) {
        const part = await source.cut(bounds, max);
        // The ends of a person's journey cost the same, however long it is.
        const isOfOne = attribution?.level === "profile" && query.merged !== true;
        if (attribution === null || (!whole && isOfOne) || part.records === 0) return part;
        const events = { ...range, lower: part.first ?? bounds.lower, upper: part.next ?? bounds.upper };
        const chunk = await cutJourneys(snapshot, query, attribution, events, part.records, max);
        return chunk.next === null ? part : { ...part, ...chunk };
      },
      form: NDJSON,
      firstDay: query.firstDay,
      files: { cut: "written", secret: query.secret },
      rowsVary: attribution !== null,
      ...(summarized === undefined ? {} : { summarized }),
      ...(whole ? { maxRecordsPerStep: MAX_JOURNEYS_PER_STEP } : {}),
    };
  },
};

async function* conversions(events: AsyncGenerator<EventRecord[]>, lines: Lines): AsyncGenerator<Page> {
  for await (const page of events) {
    const texts = page.map((event) => lines.conversion(lines.prepare(event)));
    yield linePage(page, texts, eventKey);
  }
}
