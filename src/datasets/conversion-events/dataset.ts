/** `conversion_events`: a record is a conversion; a line is a conversion, or its credit to a touchpoint. */

import { countEvents, cutEvents, type EventRange, type EventRecord, readEvents } from "../../db/events/events.ts";
import { addDays, dayOf, daysBetween, dayWindow } from "../../time/days.ts";
import type { Bounds, Dataset, Key, Opening, Page } from "../dataset.ts";
import { pageOf } from "../page-of.ts";
import { Crediting } from "./credit.ts";
import { freeze, type Query } from "./freeze.ts";
import { journeysAStep } from "./journeys.ts";
import { columnsOf, Lines } from "./lines.ts";
import { MAX_DAYS, shape } from "./request.ts";
import { summingOf } from "./summary.ts";

const DAY_MS = 86_400_000;

export const conversionEvents: Dataset<typeof shape, Query> = {
  name: "conversion_events",
  title: "Conversions, or the credit that touchpoints get for them",
  shape,
  picks: "fields",
  example: {
    date: "2026-01-15",
    sources: ["google_ads", "facebook_ads", "email"],
    attribution_model: "linear",
    attribution_window: 30,
    fields: ["event_name", "amount", "campaign_name"],
  },

  // Whole days alone: the one that a run falls on belongs to the next run.
  windowed: {
    parameters: ["date", "start_date", "end_date"],
    oldest({ timezone, retention_days: days }, now) {
      return dayWindow(addDays(dayOf(now - days * DAY_MS, timezone), 1), timezone).start;
    },
    parametersOf({ start, end }, { timezone }) {
      const first = dayOf(start, timezone);
      const over = daysBetween(first, dayOf(end, timezone));
      if (over < 1) return null;
      const last = addDays(first, Math.min(over, MAX_DAYS) - 1);
      const parameters = first === last ? { date: first } : { start_date: first, end_date: last };
      return { parameters, end: dayWindow(last, timezone).end };
    },
  },

  freeze,

  columns: async (query) => columnsOf(query),

  open(query, opening) {
    const { start, end, attribution } = query;
    const summing = summingOf(attribution);
    const recordsAStep = journeysAStep(attribution?.models ?? [], attribution?.level ?? "profile");
    const bounds = { lower: { time: start, id: "" }, upper: { time: end, id: "" } };
    const range = (within: Bounds): EventRange => ({
      spaceId: opening.spaceId,
      seq: opening.snapshotSeq,
      since: opening.since,
      definitionIds: query.definition_ids,
      sifted: query.sifted,
      ...within,
    });
    return {
      bounds,
      window: { start, end },
      readsFrom: start,
      form: {
        contentType: "application/x-ndjson",
        extension: ".ndjson",
        before: "",
        between: "",
        lineEnd: "\n",
        after: "",
      },
      files: { cut: "written", secret: query.secret },
      rowsVary: attribution !== null,
      ...(summing === undefined ? {} : { summing }),
      ...(recordsAStep === null ? {} : { recordsAStep }),
      emptyMessage: "0 events found for the time period queried.",
      cut: (within, records) => cutEvents(opening.db, range(within), records),
      count: (within) => countEvents(opening.db, range(within)),
      pages(within) {
        const events = readEvents(opening.db, range(within));
        return attribution === null
          ? conversions(events, query, opening)
          : new Crediting(opening, query, attribution).pages(events);
      },
    };
  },
};

async function* conversions(
  events: AsyncGenerator<EventRecord[]>,
  query: Query,
  opening: Opening,
): AsyncGenerator<Page> {
  const lines = new Lines(query, opening.spaceId);
  for await (const page of events) {
    const texts = page.map((event) => lines.conversion(lines.prepare(event)));
    yield pageOf(page, texts, keyOf);
  }
}

const keyOf = (event: EventRecord): Key => ({ time: event.occurredAt, id: event.id });
