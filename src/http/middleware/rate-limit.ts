/**
 * Rate limits on the wire: the fields of draft-ietf-httpapi-ratelimit-headers, and the older X- ones. Every call of a
 * space is counted by the policy `api`; an operation's own policy counts it too, once its request has been validated.
 * Calls from web pages are counted by `tracker` alone: visitors take no place of the space's own calls.
 */

import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { SpillwayError } from "../../errors.ts";
import type { Answer, LimiterObject } from "../../limiter/limiter.ts";
import { POLICIES, type Policy } from "../../limiter/policies.ts";
import { WINDOW_MS } from "../../limiter/window.ts";
import { logFailure } from "../../log.ts";
import { iso } from "../../time/names.ts";
import type { AppEnv, Call, Counted, Route } from "../route.ts";

const MAX_ATTEMPTS = 5;
/** Before the second attempt; each later pause is twice as long. */
const PAUSE_MS = 20;
const UNREACHABLE_RETRY_SECONDS = 5;

/**
 * Counts a space's call by the policy `api`, or by `tracker` where its key is for web pages. The answer describes the
 * policy that counted the call last.
 * @throws rate_limited; unavailable when the limiter is overloaded.
 */
export const limitEveryCall = createMiddleware<AppEnv>(async (c, next) => {
  try {
    if (c.var.space.id !== "") await count(c, c.var.origins === null ? "api" : "tracker");
    await next();
  } finally {
    if (c.var.counted !== undefined) writeFields(c, c.var.counted);
  }
});

/**
 * Counts a validated call by its operation's own policy, if it has one.
 * @throws rate_limited; unavailable when the limiter cannot be reached.
 */
export async function limitOperation(c: Context<AppEnv>, { limit, limitOf }: Pick<Route, "limit" | "limitOf">) {
  const policy = (await limitOf?.(c.var.call, c.var.space)) ?? limit;
  if (policy !== undefined) await count(c, policy);
}

async function count(c: Context<AppEnv>, policy: Policy): Promise<void> {
  const { call, space } = c.var;
  const answer = await askLimiter(call, space.id, policy);
  if (answer === null) return;
  c.set("counted", { policy, answer });
  requireAllowed(policy, answer);
}

/**
 * Counts a call whose space is known from its body alone.
 * @throws rate_limited; unavailable when the limiter is overloaded.
 */
export async function countCallOf(call: Call, spaceId: string): Promise<void> {
  const answer = await askLimiter(call, spaceId, "api");
  if (answer !== null) requireAllowed("api", answer);
}

/** @throws rate_limited. */
function requireAllowed(policy: Policy, answer: Answer): void {
  if (answer.allowed) return;
  const seconds = Math.ceil(answer.resetMs / 1000);
  // In whole seconds, rounded up: at that second a call passes.
  const from = iso(Math.ceil(answer.resetAt / 1000) * 1000).replace(".000Z", "Z");
  const calls = `${answer.limit} ${answer.limit === 1 ? "call" : "calls"} in any ${WINDOW_MS / 1000} seconds`;
  throw new SpillwayError(
    "rate_limited",
    `The policy ${policy} allows a space ${calls} (${POLICIES[policy].calls}). A call passes from ${from} on: wait ${seconds} seconds.`,
    { retryAfterSeconds: seconds },
  );
}

/**
 * Asks the space's Durable Object. An object that is evicted, moved or reset breaks the call; a new stub reaches it
 * again. The broken call may have been counted: then one call counts twice, so that fewer calls pass, never more.
 * @returns null when the object cannot be reached and the policy is not exact: the call passes uncounted.
 */
async function askLimiter(call: Call, spaceId: string, policy: Policy): Promise<Answer | null> {
  const namespace = call.limiter as DurableObjectNamespace<LimiterObject>;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await namespace.get(namespace.idFromName(spaceId)).admit(policy, call.config.limits[policy]);
    } catch (thrown) {
      const overloaded = isOverloaded(thrown);
      if (attempt >= MAX_ATTEMPTS || overloaded) {
        logFailure("limiter.unreachable", thrown, { request_id: call.requestId, space_id: spaceId, policy, attempt });
        // A flood of the space's own calls overloads its object, so an overloaded object lets none pass.
        if (!POLICIES[policy].exact && !overloaded) return null;
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

function writeFields(c: Context<AppEnv>, { policy, answer }: Counted): void {
  c.header("ratelimit-policy", `"${policy}";q=${answer.limit};w=${WINDOW_MS / 1000}`);
  c.header("ratelimit", `"${policy}";r=${answer.remaining};t=${Math.ceil(answer.resetMs / 1000)}`);
  c.header("x-ratelimit-limit", String(answer.limit));
  c.header("x-ratelimit-remaining", String(answer.remaining));
}
