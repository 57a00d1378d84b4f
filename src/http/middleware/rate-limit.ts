/** Rate limits on the wire: the fields of draft-ietf-httpapi-ratelimit-headers, and the older X- ones. */

import type { Context, MiddlewareHandler } from "hono";
import { SpillwayError } from "../../errors.ts";
import type { Answer, LimiterObject, Policy } from "../../limiter/limiter.ts";
import { WINDOW_MS } from "../../limiter/window.ts";
import { logFailure } from "../../log.ts";
import type { AppEnv, Call, Route } from "../route.ts";

const MAX_ATTEMPTS = 5;
/** Before the second attempt; each later pause is twice as long. */
const PAUSE_MS = 20;
const UNREACHABLE_RETRY_SECONDS = 5;

/**
 * Counts the call against its policy, and describes the policy on the answer, whatever it is.
 * @throws rate_limited; unavailable when the limiter cannot be reached.
 */
export function limitRate({ limit, limitOf }: Pick<Route, "limit" | "limitOf">): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { call, space } = c.var;
    const policy = (await limitOf?.(call, space)) ?? limit;
    if (policy === undefined) return next();
    const answer = await countCall(call, space.id, policy);
    if (answer.allowed) await next();
    writeFields(c, policy, answer);
    if (!answer.allowed)
      throw new SpillwayError(
        "rate_limited",
        `A space may make ${answer.limit} calls of the policy ${policy} in any ${WINDOW_MS / 1000} seconds. Wait for Retry-After.`,
        { retryAfterSeconds: Math.ceil(answer.resetMs / 1000) },
      );
  };
}

/**
 * Asks the space's Durable Object. An object that is evicted, moved or reset breaks the call; a new stub reaches it
 * again. The broken call may have been counted: then one call counts twice, so that fewer calls pass, never more.
 */
async function countCall(call: Call, spaceId: string, policy: Policy): Promise<Answer> {
  const namespace = call.limiter as DurableObjectNamespace<LimiterObject>;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await namespace.get(namespace.idFromName(spaceId)).admit(policy, call.config.limits[policy]);
    } catch (thrown) {
      if (attempt >= MAX_ATTEMPTS || isOverloaded(thrown)) {
        logFailure("limiter.unreachable", thrown, { request_id: call.requestId, space_id: spaceId, policy, attempt });
        throw new SpillwayError("unavailable", undefined, {
          retryAfterSeconds: UNREACHABLE_RETRY_SECONDS,
          cause: thrown,
        });
      }
      await scheduler.wait(PAUSE_MS * 2 ** (attempt - 1));
    }
  }
}

/** The runtime's mark: another attempt would only add to the load (Durable Objects, "Error handling"). */
function isOverloaded(thrown: unknown): boolean {
  return thrown instanceof Error && "overloaded" in thrown && thrown.overloaded === true;
}

function writeFields(c: Context<AppEnv>, policy: Policy, answer: Answer): void {
  c.header("ratelimit-policy", `"${policy}";q=${answer.limit};w=${WINDOW_MS / 1000}`);
  c.header("ratelimit", `"${policy}";r=${answer.remaining};t=${Math.ceil(answer.resetMs / 1000)}`);
  c.header("x-ratelimit-limit", String(answer.limit));
  c.header("x-ratelimit-remaining", String(answer.remaining));
}
