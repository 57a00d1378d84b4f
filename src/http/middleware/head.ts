/**
 * HEAD answers as GET without a body. Hono runs the GET handler and drops the body; the body is canceled here, because
 * a handler that writes a stream in the background would wait for a reader forever.
 */

import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../route.ts";

export const headWithoutBody = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  if (c.req.raw.method !== "HEAD") return;
  await c.res.body?.cancel();
  c.res = new Response(null, c.res);
});
