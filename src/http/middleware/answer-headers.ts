/**
 * Headers of every answer. `X-Request-Id` is the call's id; a client's own value is not used. Answers have personal
 * data and secrets, so nobody may store one that does not say so itself. Browsers take each for what its type says.
 */

import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../route.ts";

export const answerHeaders = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  c.header("x-request-id", c.var.call.requestId);
  c.header("x-content-type-options", "nosniff");
  if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
});
