/**
 * Cross-origin resource sharing (https://fetch.spec.whatwg.org/#http-cors-protocol): for the operations that web pages
 * may call, and there for keys with origins alone. Answers to other keys have no such header, so that no page can read
 * them. A preflight request carries no key: it lets the browser go on, and the call itself decides.
 */

import type { Context, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../route.ts";

/** How long a browser keeps the answer to a preflight request: a day, of which some keep two hours. */
const MAX_AGE_SECONDS = 86_400;
const REQUEST_HEADERS = "authorization, content-type, content-encoding";
const RESPONSE_HEADERS = "retry-after, x-request-id, ratelimit, ratelimit-policy";

/**
 * Lets the calling page read the answer: refusals too, since a page that cannot read them repeats the call. A call that
 * fails before its key is known is answered likewise.
 */
export const answerPages = createMiddleware<AppEnv>(async (c, next) => {
  try {
    await next();
  } finally {
    if (c.var.origins !== null) {
      allow(c);
      c.header("access-control-expose-headers", RESPONSE_HEADERS);
    }
  }
});

/** Answers OPTIONS. @param methods those of the address that web pages may call. */
export function answerPreflight(methods: readonly string[]): MiddlewareHandler<AppEnv> {
  return createMiddleware<AppEnv>(async (c, next) => {
    const asked = c.req.header("access-control-request-method");
    if (asked !== undefined && methods.includes(asked)) {
      allow(c);
      c.header("access-control-allow-methods", methods.join(", "));
      c.header("access-control-allow-headers", REQUEST_HEADERS);
      c.header("access-control-max-age", String(MAX_AGE_SECONDS));
    }
    await next();
  });
}

/** Names the page's origin, as it was sent. No answer is for every origin, and none carries cookies. */
function allow(c: Context<AppEnv>): void {
  const origin = c.req.header("origin");
  c.header("vary", "Origin", { append: true });
  if (origin !== undefined) c.header("access-control-allow-origin", origin);
}
