/** List Events in tests: a page, a rejected call, all pages. */

import { roomyService, type Row } from "./pipeline.ts";
import { type Service, type Space, START } from "./service.ts";

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;

export interface Listed {
  data: Row[];
  next_cursor: string | null;
  prev_cursor: string | null;
}

export const at = (time: number) => new Date(time).toISOString();

/** The hour before the tests' clock begins. */
export const HOUR = { start: at(START - HOUR_MS), end: at(START) };

/** The path of a page, by default of that hour. */
export function addressOf(query: Record<string, string>): string {
  return `/v1/events?${new URLSearchParams({ ...HOUR, ...query }).toString()}`;
}

export function list(service: Service, space: Space, query: Record<string, string> = {}): Promise<Listed> {
  return service.json<Listed>("GET", addressOf(query), 200, { key: space.key });
}

/** @returns the pointers of a rejected call. */
export function faults(service: Service, space: Space, query: Record<string, string>): Promise<string[]> {
  return service.faults("GET", addressOf(query), { key: space.key });
}

export const idsOf = (rows: readonly Row[]) => rows.map((row) => row["eventId"]);
export const idsSent = (events: readonly Record<string, unknown>[]) => events.map((event) => event["id"]);

/** All pages, in order. `between` is called after each page. */
export async function walk(
  service: Service,
  space: Space,
  query: Record<string, string>,
  between: (page: number) => Promise<unknown> = async () => {},
): Promise<Row[][]> {
  const pages: Row[][] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const page: Listed = await list(service, space, cursor === "" ? query : { ...query, cursor });
    pages.push(page.data);
    cursor = page.next_cursor;
    await between(pages.length);
  }
  return pages;
}

/** A shop with these events, and a service whose limits are out of the way. */
export async function shopWith(
  events: readonly Record<string, unknown>[],
  vars: Record<string, string> = {},
): Promise<{ service: Service; space: Space }> {
  const service = roomyService(vars);
  const space = await service.shop();
  if (events.length > 0) await service.send(space, events);
  return { service, space };
}
