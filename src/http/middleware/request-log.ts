/**
 * One log line per request, with the route's pattern instead of the address: an address contains customers' ids. An
 * operator with very many calls may log only a part of the successful ones; a failure always has its line.
 */

import { createMiddleware } from "hono/factory";
import { log } from "../../log.ts";
import type { AppEnv, Call } from "../route.ts";

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Names the export of a call in the log. A text that is no id is left out: it may be anything, a key too. */
export function noteExport(call: Call, id: string): void {
  if (UUID.test(id)) call.notes["export_id"] = id;
}

export const requestLog = createMiddleware<AppEnv>(async (c, next) => {
  const { call } = c.var;
  const startedAt = call.runtime.now();
  await next();
  const { requestLogShare: share } = call.config;
  const failed = c.res.status >= 400;
  if (!failed && share < 1 && call.runtime.random() >= share) return;
  log("request", {
    request_id: call.requestId,
    method: call.request.method,
    route: c.var.route,
    status: c.res.status,
    ...call.notes,
    ms: call.runtime.now() - startedAt,
    // What the line stands for, so that sums stay right.
    ...(failed || share === 1 ? {} : { of_requests: Math.round(1 / share) }),
  });
});
