/**
 * An operation is one value: its address, who may call it, its limit, its schemas and its handler. resource.ts serves it,
 * openapi.ts describes it: what is documented is what runs.
 */

import type * as z from "zod";
import type { Config } from "../config.ts";
import type { Databases } from "../db/core/shards.ts";
import type { SpaceRow } from "../db/tenants/spaces.ts";
import type { ErrorCode } from "../errors.ts";
import type { Context } from "../context.ts";
import type { Policy } from "../limiter/limiter.ts";
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

/** What every call has at hand. */
export interface Call {
  request: Request;
  url: URL;
  requestId: string;
  config: Config;
  runtime: Runtime;
  databases: Databases;
  context: Context;
  limiter: Env["LIMITER"];
  /** Files that the Worker carries along. */
  assets: Fetcher;
  /** Work that goes on after the answer. */
  waitUntil(work: Promise<unknown>): void;
  /** Ids and codes for the call's line in the log. */
  notes: LogFields;
}

/** What middleware leaves for the handlers behind it. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    call: Call;
    /** The caller's space: `authenticate` sets it. */
    space: SpaceRow;
    /** The pattern of the address, for the log; empty when no resource has it. */
    route: string;
  };
}

export interface Parsed<Params, Query, Body> {
  params: Params;
  query: Query;
  body: Body;
  /** The caller's space. Calls of operators have none. */
  space: SpaceRow;
}

export interface ResponseDoc {
  description: string;
  schema?: z.ZodType;
  contentTypes?: readonly string[];
  headers?: Record<string, string>;
}

/** The list of a body that may also come as lines of JSON, and how many items it may have. */
export interface Lines {
  property: string;
  most: number;
}

/** JSON unless it says otherwise. */
export interface BodyDoc<Body> {
  schema: z.ZodType<Body>;
  maxBytes: number;
  /** Takes `application/x-ndjson` too: each line becomes an item of this property. */
  linesOf?: Lines;
  example: unknown;
}

export interface RouteDefinition<Params, Query, Body> {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With `{name}` for a parameter. */
  path: string;
  operationId: string;
  summary: string;
  description?: string;
  tag: string;
  auth: "none" | "admin" | "key" | Scope;
  limit?: Policy;
  /** The policy of this very call, where that depends on it. */
  limitOf?(call: Call, space: SpaceRow): Promise<Policy>;
  params?: z.ZodType<Params>;
  query?: z.ZodType<Query>;
  /** Request headers, for the document alone. */
  headers?: z.ZodType;
  body?: BodyDoc<Body>;
  responses: Record<number, ResponseDoc>;
  /** Error codes beyond those that follow from auth, limit, parameters and body. */
  errors?: readonly ErrorCode[];
  handle(call: Call, parsed: Parsed<Params, Query, Body>): Promise<Response>;
}

/** A route in the list. Methods keep their parameters' real types inside. */
export type Route = RouteDefinition<unknown, unknown, unknown>;

/** Ties a handler's types to its route's schemas. */
export function route<Params = undefined, Query = undefined, Body = undefined>(
  definition: RouteDefinition<Params, Query, Body>,
): Route {
  return definition;
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers });
}
