/** Operations that store a list of records, each once per id, all or nothing; also as NDJSON. */

import type * as z from "zod";
import type { SpaceRow } from "../db/tenants/spaces.ts";
import type { SentItems } from "../ingest/sent-items.ts";
import type { PageRequest } from "../ingest/web-page.ts";
import { type Call, json, type Operation, type ResponseDoc, route, type RouteDefinition, type Scope } from "./route.ts";
import { Accepted } from "./schemas.ts";
import { recordsBody, SentRecords } from "./sent-records.ts";

export const MAX_RECORDS = 5_000;
/** Of the body of a call that writes many records. */
export const MAX_RECORDS_BYTES = 15_728_640;

interface Records<Schema extends z.ZodType, Query> extends Pick<
  RouteDefinition<undefined, Query, undefined>,
  "operationId" | "summary" | "description" | "auth" | "pages" | "query"
> {
  /** The list's name in the body. */
  property: string;
  record: Schema;
  /** JSON values in a record. */
  maxValues?: number;
  example: unknown;
  /** Validates the parameters, and whether the key may send them. @throws invalid_request, forbidden. */
  check?: (parsed: { query: Query; scopes: readonly Scope[] }) => void;
  /** Answers that are not 202. */
  responses?: Record<number, ResponseDoc>;
  /** @param pointers the JSON pointer of each record in the body. @returns the answer; what is no response, as 202. */
  store: (
    ingest: ReturnType<typeof ingestOf> & { page?: PageRequest },
    records: SentItems<z.input<Schema>>,
    pointers: (index: number) => string,
    query: Query,
  ) => Promise<z.output<typeof Accepted> | Response>;
}

/** Defines the operation that stores a resource's records. */
export function sendRecords<Schema extends z.ZodType, Query = undefined>({
  property,
  record,
  maxValues,
  example,
  store,
  responses,
  ...operation
}: Records<Schema, Query>): Operation {
  return route({
    ...operation,
    method: "POST",
    limit: "write",
    body: {
      ...recordsBody(property, record, MAX_RECORDS),
      maxBytes: MAX_RECORDS_BYTES,
      ...(maxValues === undefined ? {} : { maxValues }),
      linesOf: { property, maxItems: MAX_RECORDS },
      example: { [property]: [example] },
    },
    responses: {
      ...responses,
      202: {
        description: "The records are stored. Exports that are created from now on contain them.",
        schema: Accepted,
      },
    },
    errors: ["conflict"],
    async handle(call, { space, fromPage, body, query }) {
      const records = body[property] ?? new SentRecords<z.input<Schema>>();
      const ingest = { ...ingestOf(call, space), ...(fromPage ? { page: pageOf(call.request) } : {}) };
      const stored = await store(ingest, records, (index) => `/${property}/${index}`, query);
      return stored instanceof Response ? stored : json(stored, 202);
    },
  });
}

const pageOf = ({ headers }: Request): PageRequest => ({
  userAgent: headers.get("user-agent"),
  languages: headers.get("accept-language"),
  referrer: headers.get("referer"),
});

/** What writes of events and profiles work with. */
export const ingestOf = ({ runtime, databases }: Call, space: SpaceRow) => ({
  db: databases.space(space.id),
  events: databases.events(space.id),
  space,
  now: runtime.now(),
  uuid: () => runtime.uuid(),
});
