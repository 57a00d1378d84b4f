/**
 * Headers of every answer. `X-Request-Id` is the call's id; a client's own value is not used. Answers contain personal
 * data and secrets, so they are `no-store` unless the operation sets `Cache-Control` itself. `nosniff` keeps browsers
 * from guessing another content type.
 */

import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../route.ts";

export const answerHeaders = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  c.header("x-request-id", c.var.call.requestId);
  c.header("x-content-type-options", "nosniff");
  if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
});
