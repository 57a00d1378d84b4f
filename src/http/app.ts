/**
 * The HTTP API as a Hono app. Middleware opens the call, names and logs it, and answers errors as problem documents;
 * each resource is a sub-app. An API with other authentication or another error shape is one more sub-app and one more
 * `app.route`: a sub-app's own `onError` and catch-all route come before the ones here.
 */

import { Hono } from "hono";
import { headWithoutBody } from "./middleware/head.ts";
import { notFound, problemOf, throwErrors } from "./middleware/problems.ts";
import { answerHeaders } from "./middleware/answer-headers.ts";
import { requestLog } from "./middleware/request-log.ts";
import type { AppEnv, Call } from "./route.ts";
import { RESOURCES, ROUTES } from "./routes.ts";

/** @param begin creates the call of a request: the clock, the databases, the limiter and the rest. */
export function createApp(begin: (request: Request, env: Env, ctx: ExecutionContext) => Call): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    c.set("call", begin(c.req.raw, c.env, c.executionCtx as ExecutionContext));
    c.set("route", "");
    await next();
  });
  app.use(requestLog, answerHeaders, headWithoutBody, throwErrors);
  app.onError(problemOf);
  app.notFound(notFound(ROUTES.map(({ path }) => path)));
  for (const { path, app: resource } of RESOURCES) app.route(path, resource);
  return app;
}
