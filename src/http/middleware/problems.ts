/**
 * Errors in an API's own shape: whatever a handler throws, an unknown address, and a method that it does not have.
 */

import type { Context, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { asSpillwayError, SpillwayError } from "../../errors.ts";
import { logFailure } from "../../log.ts";
import { type Conventions, OWN } from "../conventions.ts";
import { nearestPath } from "../nearest-path.ts";
import type { AppEnv } from "../route.ts";

/** Hono passes only instances of Error to `onError`: anything else that is thrown is wrapped in one. */
export const throwErrors = createMiddleware<AppEnv>(async (_c, next) => {
  try {
    await next();
  } catch (thrown) {
    throw asSpillwayError(thrown);
  }
});

/** `onError`: an error that is no SpillwayError is logged, and answered as `internal` without a word of its cause. */
export function answerErrors({ credentials, errors }: Conventions): (thrown: Error, c: Context<AppEnv>) => Response {
  return (thrown, c) => {
    const { call, route } = c.var;
    const error = asSpillwayError(thrown);
    if (error.code === "internal")
      logFailure("request.failed", thrown, { request_id: call.requestId, path: route, ...call.notes });
    c.header("content-type", errors.contentType);
    c.header("cache-control", "no-store");
    if (error.retryAfterSeconds !== undefined) c.header("retry-after", String(error.retryAfterSeconds));
    if (error.code === "unauthenticated") c.header("www-authenticate", credentials.challenge);
    for (const [name, value] of Object.entries(error.headers)) c.header(name, value);
    const body = JSON.stringify(errors.bodyOf(error, call.requestId));
    return c.body(body, errors.statusOf(error.code) as ContentfulStatusCode);
  };
}

const answerProblem = answerErrors(OWN);

/** `notFound`: an address without a route. @param patterns the paths of all routes, with `{name}` for a parameter. */
export function notFound(patterns: readonly string[]): (c: Context<AppEnv>) => Response {
  return (c) => {
    const near = nearestPath(c.var.call.url.pathname, patterns);
    const detail = `No resource has this address.${near === null ? "" : ` Did you mean ${near}?`} GET /openapi.json lists them all.`;
    return answerProblem(new SpillwayError("not_found", detail), c);
  };
}

/**
 * Answers the methods that no operation of the address has: OPTIONS with those that there are, others with a refusal.
 * It is registered after the operations. Hono answers HEAD by the operation of GET.
 */
export function otherMethods(methods: readonly string[]): MiddlewareHandler<AppEnv> {
  const allowed = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
  return async (c) => {
    c.header("allow", allowed);
    if (c.req.method === "OPTIONS") return c.body(null, 204);
    throw new SpillwayError("method_not_allowed", `This address accepts ${allowed}, not ${c.req.method}.`);
  };
}
