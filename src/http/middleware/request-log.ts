/** One log line per request, with the route's pattern instead of the address: an address contains customers' ids. */

import { createMiddleware } from "hono/factory";
import { log } from "../../log.ts";
import type { AppEnv } from "../route.ts";

export const requestLog = createMiddleware<AppEnv>(async (c, next) => {
  const { call } = c.var;
  const startedAt = call.runtime.now();
  await next();
  log("request", {
    request_id: call.requestId,
    method: call.request.method,
    route: c.var.route,
    status: c.res.status,
    ...call.notes,
    ms: call.runtime.now() - startedAt,
  });
});
