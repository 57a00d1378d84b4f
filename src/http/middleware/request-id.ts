/** Every answer carries the call's id in `X-Request-Id`; a client's own value is not used. */

import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../route.ts";

export const requestId = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  c.header("x-request-id", c.var.call.requestId);
});
