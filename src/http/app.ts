/**
 * The front door. Every call goes the same way: who calls → the limit → parameters and body through their schemas → the
 * route's handler. Whatever is thrown leaves as a problem document.
 */

import { type Context, Hono } from "hono";
import { asSpillwayError, SpillwayError } from "../errors.ts";
import { log, logFailure } from "../log.ts";
import { authenticate } from "./middleware/authentication.ts";
import { readBody } from "./body.ts";
import { passLimiter } from "./middleware/rate-limit.ts";
import { inBody, inQuery, validate } from "./validate.ts";
import { problem } from "./middleware/problems.ts";
import type { Call, Route } from "./route.ts";
import { ROUTES } from "./routes.ts";

/** @param begin makes what a call works with from the request. */
export function createApp(begin: (request: Request, env: Env, ctx: ExecutionContext) => Call) {
  const app = new Hono<{ Bindings: Env }>({ strict: true });
  const byPath = Map.groupBy(ROUTES, (each) => each.path);
  for (const [path, routes] of byPath) {
    const pattern = path.replaceAll(/\{(\w+)\}/g, ":$1");
    app.all(pattern, (context) => answer(context, routes));
  }
  app.notFound((context) => answer(context, []));

  async function answer(context: Context<{ Bindings: Env }>, routes: readonly Route[]): Promise<Response> {
    const call = begin(context.req.raw, context.env, context.executionCtx as ExecutionContext);
    const startedAt = call.runtime.now();
    const headers = new Headers();
    const response = await serve(call, routes, context.req.param(), headers).catch((thrown: unknown) => {
      const error = asSpillwayError(thrown);
      if (error.code === "internal")
        logFailure("request.failed", thrown, {
          request_id: call.requestId,
          path: routes[0]?.path ?? "",
          ...call.notes,
        });
      return problem(error, call.requestId, headers);
    });
    const bodyless = call.request.method === "HEAD";
    if (bodyless) await response.body?.cancel();
    const answered = new Response(bodyless ? null : response.body, response);
    for (const [name, value] of headers) answered.headers.set(name, value);
    answered.headers.set("x-request-id", call.requestId);
    log("request", {
      request_id: call.requestId,
      method: call.request.method,
      route: routes[0]?.path ?? "",
      status: response.status,
      ...call.notes,
      ms: call.runtime.now() - startedAt,
    });
    return answered;
  }

  return app;
}

async function serve(
  call: Call,
  routes: readonly Route[],
  params: Record<string, string>,
  headers: Headers,
): Promise<Response> {
  if (routes.length === 0) throw new SpillwayError("not_found", "There is no such address.");
  const method = call.request.method === "HEAD" ? "GET" : call.request.method;
  const found = routes.find((each) => each.method === method);
  if (found === undefined) {
    const allowed = routes.map((each) => each.method).join(", ");
    headers.set("allow", allowed);
    throw new SpillwayError("method_not_allowed", `This address takes ${allowed}.`);
  }
  const space = await authenticate(call, found.auth);
  if (space.id !== "") call.notes["space_id"] = space.id;
  const policy = (await found.limitOf?.(call, space)) ?? found.limit;
  if (policy !== undefined) await passLimiter(call, space.id, policy, headers);
  return found.handle(call, {
    space,
    params: found.params === undefined ? undefined : parsePath(found, params),
    query: found.query === undefined ? undefined : validate(found.query, readQuery(call.url), inQuery),
    body:
      found.body === undefined
        ? undefined
        : validate(found.body.schema, await readBody(call.request, found.body), inBody),
  });
}

/** An id that cannot be one is an unknown one. */
function parsePath(found: Route, params: Record<string, string>): unknown {
  const read = found.params?.safeParse(params);
  if (read?.success !== true) throw new SpillwayError("not_found");
  return read.data;
}

/** The last of a name that is given twice counts. */
function readQuery(url: URL): Record<string, string> {
  return Object.fromEntries(url.searchParams);
}
