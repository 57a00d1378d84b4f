/** Lists come in pages, each with a cursor and a link to the next. Every list with this cursor is defined by `list`. */

import * as z from "zod";
import type { Position } from "../db/core/pagination.ts";
import type { SpaceRow } from "../db/tenants/spaces.ts";
import { invalid } from "../errors.ts";
import type { PortalSession } from "./portal/session.ts";
import { type Call, json, type Operation, route, type RouteDefinition } from "./route.ts";

const pageQuery = {
  limit: z.number().int().min(1).max(200).default(50).meta({ description: "Items per page." }),
  cursor: z.string().max(1000).optional().meta({ description: "`next_cursor` of the previous page." }),
};

/** What a list's query asks for. */
interface Asked<Filters extends z.ZodRawShape, Params> {
  space: SpaceRow;
  session: PortalSession | null;
  params: Params;
  filters: z.output<z.ZodObject<Filters>>;
  /** Rows to read: one more than the page shows, so that it is known whether another page follows. */
  limit: number;
  /** The last row of the previous page; null for the first page. */
  after: Position | null;
}

interface List<Row, Filters extends z.ZodRawShape, Params> extends Pick<
  RouteDefinition<Params, undefined, undefined>,
  "path" | "operationId" | "summary" | "description" | "auth" | "portal" | "limit" | "params" | "errors"
> {
  filters?: Filters;
  item: z.ZodType;
  /** The description of a page: its items and their order. */
  page: string;
  /** Reads `limit` rows after `after`. A page that must end early also returns how many rows it shows. */
  read: (
    call: Call,
    asked: Asked<Filters, Params>,
  ) => Promise<readonly Row[] | { rows: readonly Row[]; shown: number }>;
  /** The position of a row: the next page begins after it. */
  positionOf: (row: Row) => Position;
  show: (row: Row, call: Call) => unknown;
  /** Of each answer, beside the link. */
  headers?: Record<string, string>;
}

export const byId = (row: { id: string }): Position => ({ time: 0, id: row.id });

export const byCreation = (row: { created_at: number; id: string }): Position => ({
  time: row.created_at,
  id: row.id,
});

/** By their items: lists of the same items have one schema. */
const PAGES = new WeakMap<z.ZodType, z.ZodType>();

/** A page of `item`s, as every list answers it. The document names it by its items: `ExportList`. */
function pageOf(item: z.ZodType): z.ZodType {
  const known = PAGES.get(item);
  if (known !== undefined) return known;
  const page = z.object({ data: z.array(item), next_cursor: z.string().nullable() });
  const id = item.meta()?.id;
  const named = id === undefined ? page : page.meta({ id: `${id.replace(/^Listed/, "")}List` });
  PAGES.set(item, named);
  return named;
}

/** Defines a list operation. Its query accepts the filters, `limit` and `cursor`. */
export function list<Row, Filters extends z.ZodRawShape = z.ZodRawShape, Params = undefined>(
  definition: List<Row, Filters, Params>,
): Operation {
  const { filters, item, page, read, positionOf, show, headers = {}, ...operation } = definition;
  return route<Params, z.output<z.ZodObject<typeof pageQuery>>>({
    ...operation,
    method: "GET",
    query: z.strictObject({ ...filters, ...pageQuery }) as never,
    responses: { 200: { description: page, schema: pageOf(item) } },
    async handle(call, { space, session, params, query: { limit, cursor, ...sent } }) {
      const asked = { filters: sent as never, space, session, params, limit: limit + 1, after: readCursor(cursor) };
      const answer = await read(call, asked);
      const { rows, shown } = "rows" in answer ? answer : { rows: answer, shown: limit };
      const whole = await Promise.all(rows.slice(0, shown).map((row) => show(row, call)));
      const data = showsNames(operation.auth, session) ? whole.map(nameIn) : whole;
      const last = rows.length > shown ? rows[shown - 1] : undefined;
      const next = last === undefined ? null : writeCursor(positionOf(last));
      return json({ data, next_cursor: next }, 200, { ...linkTo(call, next), ...headers });
    },
  });
}

/** A portal session that lacks the scope of the call itself may list names for its forms: ids and names alone. */
const showsNames = (auth: Operation["auth"], session: PortalSession | null) =>
  session !== null && !(session.scopes as readonly string[]).includes(auth);

function nameIn(item: unknown): { id: unknown; name: unknown } {
  const { id, name } = item as { id?: unknown; name?: unknown };
  return { id, name };
}

/** A position as an opaque text. */
export const writeCursor = ({ time, id }: Position): string =>
  Buffer.from(JSON.stringify([time, id])).toString("base64url");

/** @throws invalid_request for a cursor that this service did not write. */
function readCursor(cursor: string | undefined): Position | null {
  if (cursor === undefined) return null;
  const position = parseCursor(cursor);
  if (position !== null) return position;
  throw invalid({
    pointer: "#query/cursor",
    detail: "This cursor is not one of this service's. Send next_cursor of the previous page unchanged.",
  });
}

/** @returns null for a text that `writeCursor` did not write. */
export function parseCursor(cursor: string): Position | null {
  try {
    const [time, id] = JSON.parse(Buffer.from(cursor, "base64url").toString()) as unknown[];
    return Number.isSafeInteger(time) && typeof id === "string" ? { time: Number(time), id } : null;
  } catch {
    return null;
  }
}

/** The header that leads to the next page and the previous one: this call's address with other cursors. */
export function linkTo(call: Call, next: string | null, previous: string | null = null): Record<string, string> {
  const links = Object.entries({ next, prev: previous }).flatMap(([relation, cursor]) => {
    if (cursor === null) return [];
    const to = new URL(call.url);
    to.searchParams.set("cursor", cursor);
    return [`<${to.href}>; rel="${relation}"`];
  });
  return links.length === 0 ? {} : { link: links.join(", ") };
}
