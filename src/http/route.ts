/**
 * An operation is one value: its address, who may call it, its limit, its schemas and its handler. resource.ts serves
 * it, openapi.ts describes it: what is documented is what runs.
 */

import type * as z from "zod";
import type { Config } from "../config.ts";
import type { Databases } from "../db/core/shards.ts";
import type { SpaceRow } from "../db/tenants/spaces.ts";
import { type ErrorCode, SpillwayError } from "../errors.ts";
import type { Context } from "../context.ts";
import type { KeyCache } from "./middleware/key-cache.ts";
import type { PortalSession } from "./portal/session.ts";
import type { Failures } from "../limiter/failures.ts";
import type { Answer } from "../limiter/limiter.ts";
import type { OperationPolicy, Policy } from "../limiter/policies.ts";
import type { LogFields } from "../log.ts";
import type { Runtime } from "../runtime.ts";

export const SCOPES = [
  "events:read",
  "events:write",
  "profiles:read",
  "profiles:write",
  "exports:read",
  "exports:write",
  "settings:write",
] as const;

export type Scope = (typeof SCOPES)[number];

/** The scopes that a session of a portal may have. */
export const PORTAL_SCOPES = ["exports:read", "exports:write", "settings:write"] as const satisfies readonly Scope[];

/** What the handlers of every call work with. */
export interface Call {
  request: Request;
  url: URL;
  requestId: string;
  config: Config;
  runtime: Runtime;
  databases: Databases;
  context: Context;
  limiter: Env["LIMITER"];
  /** Failed authentications of operators. */
  adminFailures: Failures;
  /** Keys that the isolate has looked up. */
  keys: KeyCache;
  /** Static files that are deployed with the Worker. */
  assets: Fetcher;
  /**
   * Serves another request of the same caller within this invocation, through its whole chain: key, limits, scope and
   * schema.
   */
  serve(request: Request): Promise<Response>;
  /** Work that continues after the response. */
  waitUntil(work: Promise<unknown>): void;
  /** Ids and codes for the call's log line. */
  notes: LogFields;
}

/** A policy that counted a call, and what it answered. */
export interface Counted {
  policy: Policy;
  answer: Answer;
}

/** What middleware leaves for the handlers behind it. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    call: Call;
    /** The caller's space: `authenticate` sets it. */
    space: SpaceRow;
    /** The scopes of the caller's key: `authenticate` sets them. Operators and open calls have none. */
    scopes: readonly Scope[];
    /** The origins of the caller's key: `authenticate` sets them. Null: it is no key for web pages. */
    origins: readonly string[] | null;
    /** The id of the caller's key: `authenticate` sets it. Empty for callers without a key. */
    keyId: string;
    /** The caller's portal session: `authenticate` sets it. Null: the caller has a key, or needs none. */
    session: PortalSession | null;
    /** The policy that counted the call last. */
    counted: Counted | undefined;
    /** The pattern of the address, for the log; empty when no resource has it. */
    route: string;
  };
}

interface Parsed<Params, Query, Body> {
  params: Params;
  query: Query;
  body: Body;
  /** The caller's space; operators have none. */
  space: SpaceRow;
  /** The scopes of the caller's key; operators have none. */
  scopes: readonly Scope[];
  /** The call comes from a web page: its key has origins, and the page's is one of them. */
  fromPage: boolean;
  /** The id of the caller's key; empty for callers without one. */
  keyId: string;
  /** Null: the caller is not in a portal. */
  session: PortalSession | null;
}

export interface ResponseDoc {
  description: string;
  schema?: z.ZodType;
  contentTypes?: readonly string[];
  /** Whole answers of another type than JSON, each with a name. */
  examples?: Readonly<Record<string, string>>;
  /** By media type, where each has a schema of its own. */
  contents?: Readonly<Record<string, z.ZodType>>;
  headers?: Record<string, string>;
}

/** The list in a body that may also be sent as lines of JSON. */
export interface Lines {
  property: string;
  maxItems: number;
}

/** A JSON body. */
export interface BodyDoc<Body> {
  schema: z.ZodType<Body>;
  /** Of the body as it is after decompression. Default: 65,536. */
  maxBytes?: number;
  /** JSON values in the body, or in each item of its lists. Default: 20,000. */
  maxValues?: number;
  /**
   * For a large body, whose members are all lists with a limit: it is read item by item, and the items are kept as
   * values in arrays, or as they were sent in SentRecords, which takes the least memory. Default: the body is read as
   * a whole.
   */
  items?: "values" | "records";
  /** `application/x-ndjson` is accepted too: each line becomes an item of this property. It needs `items`. */
  linesOf?: Lines;
  example: unknown;
}

export interface RouteDefinition<Params, Query, Body> {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the resource's path, with `{name}` for a parameter; absent for the resource itself. */
  path?: string;
  /**
   * The path is an id too, of a resource whose ids are the customers' own: other methods go to the operations with the
   * parameter, which come later.
   */
  isAlsoId?: true;
  /** Every address below the path is this operation too: a page that reads its address in the browser. */
  andBelow?: true;
  operationId: string;
  summary: string;
  description?: string;
  /** `portal`: sessions of a portal alone. */
  auth: "none" | "admin" | "key" | "portal" | Scope;
  /** With `auth: "none"`: the operator may ask for more, and the handler checks the token. */
  operatorsMore?: true;
  /** The scopes of which a portal session needs one; absent: no session may call it. */
  portal?: readonly (typeof PORTAL_SCOPES)[number][];
  /** Web pages may call it, with a key that has origins. */
  pages?: true;
  /**
   * Validates what the schemas alone cannot, before the call is counted: it looks nothing up. @throws invalid_request.
   */
  check?(parsed: Parsed<Params, Query, Body>): void;
  /**
   * The policy that counts a valid call, besides `api`, which counts every call of a space. Calls from web pages are
   * counted by `tracker` alone.
   */
  limit?: OperationPolicy;
  /** The policy of one call, when it depends on the request. */
  limitOf?(call: Call, space: SpaceRow): Promise<OperationPolicy>;
  params?: z.ZodType<Params>;
  query?: z.ZodType<Query>;
  /** Parameters that are lists and may be sent several times; the schema has them as texts with commas. */
  queryLists?: readonly string[];
  /** Request headers; only the document reads them. */
  headers?: z.ZodType;
  body?: BodyDoc<Body>;
  responses: Record<number, ResponseDoc>;
  /** Error codes beyond those that method, auth, limit, parameters and body imply. */
  errors?: readonly ErrorCode[];
  handle(call: Call, parsed: Parsed<Params, Query, Body>): Promise<Response>;
}

/** An operation whose types are erased, so that one list can contain all. */
export type Operation = RouteDefinition<unknown, unknown, unknown>;

/** An operation as its resource serves it: with its whole path and its group in the document. */
export type Route = Operation & { path: string; tag: string };

/** Ties a handler's types to its operation's schemas. */
export function route<Params = undefined, Query = undefined, Body = undefined>(
  definition: RouteDefinition<Params, Query, Body>,
): Operation {
  return definition;
}

/**
 * @param detail says what is unknown.
 * @throws not_found for an id that the caller's space does not have.
 */
export function found<Row>(row: Row | null, detail?: string): Row {
  if (row === null) throw new SpillwayError("not_found", detail);
  return row;
}

/** The answer to a deletion. @throws not_found if there was nothing to delete. */
export function deleted(existed: boolean): Response {
  if (!existed) throw new SpillwayError("not_found");
  return new Response(null, { status: 204 });
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers });
}
