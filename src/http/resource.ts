/**
 * A resource: a Hono sub-app with one route per operation. Each operation runs the same chain: who calls → the limit
 * of every call → may they → path → query → body → the operation's own limit → its handler. The operations also
 * describe the resource in the OpenAPI document.
 */

import { type Handler, Hono } from "hono";
import { SpillwayError } from "../errors.ts";
import { readBody } from "./body.ts";
import { type Conventions, OWN } from "./conventions.ts";
import { authenticate, authorize } from "./middleware/authentication.ts";
import { answerPages, answerPreflight } from "./middleware/cors.ts";
import { otherMethods } from "./middleware/problems.ts";
import { limitEveryCall, limitOperation } from "./middleware/rate-limit.ts";
import { readQuery } from "./query.ts";
import type { AppEnv, BodyDoc, Operation, Route } from "./route.ts";

export interface Resource {
  /** Where `app` is mounted. */
  path: string;
  app: Hono<AppEnv>;
  /** The operations, with whole paths. */
  routes: readonly Route[];
}

/**
 * @param tag the group of the operations in the document.
 * @param credentials how requests carry a key: by default as those of the API below /v1.
 */
export function resource(
  path: string,
  tag: string,
  operations: readonly Operation[],
  { credentials }: Pick<Conventions, "credentials"> = OWN,
): Resource {
  const app = new Hono<AppEnv>();
  const routes = operations.map((each) => ({
    ...each,
    path: path + (each.path ?? ""),
    tag,
    errors: [...(each.errors ?? []), ...(mayNotFind(each) ? ["not_found" as const] : [])],
  }));
  for (const [whole, here] of Map.groupBy(routes, (each) => each.path)) {
    const exact = whole.slice(path.length).replaceAll(/\{(\w+)\}/g, ":$1") || "/";
    // Hono's wildcard matches the path itself too.
    const pattern = here.some((each) => each.andBelow === true) ? `${exact}/*` : exact;
    app.all(pattern, async (c, next) => {
      c.set("route", whole);
      await next();
    });
    const open = here.filter((each) => each.pages === true).map((each) => each.method);
    if (open.length > 0) app.on(open, pattern, answerPages).options(pattern, answerPreflight(open));
    for (const each of here)
      app.on(
        each.method,
        pattern,
        authenticate(each.auth, credentials),
        limitEveryCall,
        authorize(each),
        handlerOf(each),
      );
    const methods = here.map((each) => each.method);
    if (here.some((each) => each.isAlsoId === true)) app.all(pattern, exceptFor([...methods, ...ofIds(routes, whole)]));
    else app.all(pattern, otherMethods(methods));
  }
  return { path, app, routes };
}

/** The methods of the paths in which the last word of this one is an id. */
const ofIds = (routes: readonly Route[], whole: string) =>
  routes.flatMap(({ path, method }) =>
    path !== whole && new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(whole) ? [method] : [],
  );

/** Leaves these methods to the handlers that follow, and answers the others. */
function exceptFor(methods: readonly Route["method"][]): Handler<AppEnv> {
  const others = otherMethods(methods);
  const known = new Set<string>(methods.includes("GET") ? [...methods, "HEAD"] : methods);
  return (c, next) => (known.has(c.req.method) ? next() : others(c, next));
}

/** A PUT creates what its path names. */
const mayNotFind = ({ params, method }: Operation) => params !== undefined && method !== "PUT";

function handlerOf(operation: Route): Handler<AppEnv> {
  return async (c) => {
    const { call, space, scopes, origins, keyId, session } = c.var;
    const { params, query } = operation;
    const fromPage = origins !== null;
    const body = operation.body !== undefined && fromPage ? ofPage(operation.body) : operation.body;
    const parsed = {
      space,
      scopes,
      fromPage,
      keyId,
      session,
      params: params === undefined ? undefined : readPath(operation, c.req.param()),
      query: readQuery(query, call.url.searchParams, operation.queryLists),
      body: body === undefined ? undefined : await readBody(call.request, body),
    };
    operation.check?.(parsed);
    if (!fromPage) await limitOperation(c, operation);
    return operation.handle(call, parsed);
  };
}

/** Bytes of a body from a web page: what a browser sends at most when the page is left (`fetch` with `keepalive`). */
export const MAX_PAGE_BODY_BYTES = 65_536;

const ofPage = <Body>(body: BodyDoc<Body>): BodyDoc<Body> => ({ ...body, maxBytes: MAX_PAGE_BODY_BYTES });

/** An id that does not have an id's form is an unknown id. */
function readPath({ params, method }: Route, sent: Record<string, string>): unknown {
  if (method !== "PUT" && Object.values(sent).some((text) => text.includes("\0"))) throw new SpillwayError("not_found");
  const read = params?.safeParse(sent);
  if (read?.success !== true) throw new SpillwayError("not_found");
  return read.data;
}
