/**
 * The HTTP API as a Hono app. Middleware opens the call, names and logs it, and answers errors as problem documents;
 * each resource is a sub-app. A dialect is one too, with its own authentication and error shape: its `onError` and its
 * catch-all route come before the ones here.
 */

import { Hono } from "hono";
import type { DialectName } from "../config.ts";
import { OWN } from "./conventions.ts";
import { DIALECTS } from "./dialects/index.ts";
import { headWithoutBody } from "./middleware/head.ts";
import { answerErrors, notFound, throwErrors } from "./middleware/problems.ts";
import { answerHeaders } from "./middleware/answer-headers.ts";
import { requestLog } from "./middleware/request-log.ts";
import type { AppEnv, Call } from "./route.ts";
import { RESOURCES, ROUTES } from "./routes.ts";

/**
 * @param begin creates the call of a request: the clock, the databases, the limiter and the rest.
 * @param dialects those that are served. The addresses of others are unknown.
 */
export function createApp(
  begin: (request: Request, env: Env, ctx: ExecutionContext) => Omit<Call, "serve">,
  dialects: readonly DialectName[],
): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    const serve = async (request: Request) => app.fetch(request, c.env, c.executionCtx);
    c.set("call", { ...begin(c.req.raw, c.env, c.executionCtx as ExecutionContext), serve });
    c.set("route", "");
    await next();
  });
  app.use(requestLog, answerHeaders, headWithoutBody, throwErrors);
  app.onError(answerErrors(OWN));
  app.notFound(notFound(ROUTES.map(({ path }) => path)));
  for (const { path, app: resource } of RESOURCES) app.route(path, resource);
  for (const name of dialects) for (const { path, app: mounted } of DIALECTS[name].resources) app.route(path, mounted);
  return app;
}
