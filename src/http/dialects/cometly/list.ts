/** Cometly's List Events: events between two times of the space's clocks, in pages that lead forwards and backwards. */

import * as z from "zod";
import { conversionEvents } from "../../../datasets/conversion-events/dataset.ts";
import type { SpaceRow } from "../../../db/tenants/spaces.ts";
import { type Fault, invalid } from "../../../errors.ts";
import { localWindow, readLocalTime } from "../../../time/local-times.ts";
import { iso } from "../../../time/names.ts";
import { type EventPage, readPage } from "../../events/page.ts";
import { type Call, route } from "../../route.ts";
import { validate } from "../../validate.ts";
import { type FieldNames, renaming } from "../core-request.ts";
import { coreFilters, FIELDS, LISTS, queryFilters } from "./request.ts";

const MAX_PER_PAGE = 4_000;

const localTime = (description: string) =>
  z.string().meta({
    description: `${description} \`YYYY-MM-DD HH:MM:SS\` in the space's time zone.`,
    example: "2026-01-15 00:00:00",
  });

const query = z.looseObject({
  start_date: localTime("The first second."),
  end_date: localTime("The last second. Events until now are listed where it is in the future."),
  ...queryFilters,
  per_page: z.number().int().min(1).max(MAX_PER_PAGE).default(200),
  cursor: z.string().max(2_000).optional().meta({ description: "`next_cursor` or `prev_cursor` of another page." }),
});

type Query = z.output<typeof query>;

const Cursor = z.string().nullable();
const Page = z
  .object({
    data: z.array(z.looseObject({})),
    path: z.string(),
    per_page: z.number().int(),
    next_cursor: Cursor,
    next_page_url: Cursor,
    prev_cursor: Cursor,
    prev_page_url: Cursor,
  })
  .meta({ id: "EventPage" });

const LIST_FIELDS: FieldNames = new Map([...FIELDS, ["/start", "start_date"], ["/end", "end_date"]]);

export const listEvents = route({
  method: "GET",
  path: "/events",
  operationId: "listEvents",
  summary: "List events",
  auth: "events:read",
  limit: "list",
  query,
  queryLists: LISTS,
  responses: { 200: { description: "Events, oldest first.", schema: Page } },
  check({ query: sent, space }) {
    requestOf(sent, windowOf(sent, space));
  },
  async handle(call, { space, query: sent }) {
    const { per_page: perPage, cursor, ...filters } = sent;
    const { start, end } = windowOf(sent, space);
    const asked = {
      dataset: conversionEvents,
      requestAt: (askedAt: number) => requestOf(sent, { start, end: until(end, start, askedAt) }),
      owner: ["cometly", start, end, coreFilters(filters)],
      limit: perPage,
      cursor,
    };
    const page = await renaming(LIST_FIELDS, () => readPage(call, space, asked));
    return new Response(answer(call, page, perPage), { headers: { "content-type": "application/json" } });
  },
});

/** @throws invalid_request for a time that is none. */
function windowOf({ start_date: first, end_date: last }: Query, { timezone }: SpaceRow) {
  const [start, end] = [readLocalTime(first), readLocalTime(last)];
  if (start !== null && end !== null) return localWindow(start, end, timezone);
  const fault = (name: string): Fault => ({
    pointer: `#query/${name}`,
    detail: `${name} must be a time of the form YYYY-MM-DD HH:MM:SS.`,
  });
  throw invalid(...(start === null ? [fault("start_date")] : []), ...(end === null ? [fault("end_date")] : []));
}

/** The end of the window, at most now. @throws invalid_request for a window that has not begun. */
function until(end: number, start: number, now: number): number {
  if (start < now) return Math.min(end, now);
  throw invalid({ pointer: "#query/start_date", detail: "start_date must be earlier than now." });
}

/** The parameters of the dataset. @throws invalid_request naming the parameter. */
function requestOf(sent: Query, { start, end }: { start: number; end: number }) {
  const request = { ...coreFilters(sent), start: iso(start), end: iso(end) };
  const given = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
  return renaming(LIST_FIELDS, () =>
    validate(z.strictObject(conversionEvents.shape), given, (path) => `/${path.join("/")}`),
  );
}

/** The page around the rows, which are JSON already. */
function answer({ url }: Call, { rows, next, previous }: EventPage, perPage: number): string {
  const path = url.origin + url.pathname;
  const pageAt = (cursor: string | null) => {
    if (cursor === null) return null;
    const address = new URL(url);
    address.searchParams.set("cursor", cursor);
    return address.href;
  };
  const around = {
    path,
    per_page: perPage,
    next_cursor: next,
    next_page_url: pageAt(next),
    prev_cursor: previous,
    prev_page_url: pageAt(previous),
  };
  return `{"data":[${rows}],${JSON.stringify(around).slice(1)}`;
}
