/**
 * Rate limits on the wire: the fields of draft-ietf-httpapi-ratelimit-headers, and the older X- ones. Every call of a
 * space is counted by the policy `api`; an operation's own policy counts it too, once its request has been validated.
 * Calls from web pages are counted by `tracker` alone: visitors take no place of the space's own calls.
 */

import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { SpillwayError } from "../../errors.ts";
import type { Answer, LimiterObject } from "../../limiter/limiter.ts";
import { POLICIES, type Policy } from "../../limiter/policies.ts";
import { WINDOW_MS } from "../../limiter/window.ts";
import { currentDay } from "../../time/current-day.ts";
import { iso } from "../../time/names.ts";
import { callLimiter, isOverloaded } from "../limiter-call.ts";
import type { AppEnv, Call, Counted, Route } from "../route.ts";

/** What the limiter needs of a space: its time zone says on which day a call counts. */
type LimitedSpace = Pick<SpaceRow, "id" | "timezone">;

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
  const answer = await askLimiter(call, space, policy);
  if (answer === null) return;
  c.set("counted", { policy, answer });
  requireAllowed(policy, answer);
}

/**
 * Counts a call whose space is known from its body alone.
 * @throws rate_limited; unavailable when the limiter is overloaded.
 */
export async function countCallOf(call: Call, space: LimitedSpace): Promise<void> {
  const answer = await askLimiter(call, space, "api");
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
 * Asks the space's limiter.
 * @returns null when the object cannot be reached and the policy is not exact: the call passes uncounted.
 * @throws unavailable when the object cannot be reached, or is overloaded.
 */
async function askLimiter(call: Call, space: LimitedSpace, policy: Policy): Promise<Answer | null> {
  const day = currentDay(call.runtime.now(), space.timezone);
  const admit = (limiter: DurableObjectStub<LimiterObject>) => limiter.admit(policy, call.config.limits[policy], day);
  try {
    return await callLimiter(call, space.id, admit, { policy });
  } catch (thrown) {
    // A flood of the space's own calls overloads its object, so an overloaded object lets none pass.
    const overloaded = thrown instanceof Error && isOverloaded(thrown.cause);
    if (!POLICIES[policy].exact && !overloaded) return null;
    throw thrown;
  }
}

function writeFields(c: Context<AppEnv>, { policy, answer }: Counted): void {
  c.header("ratelimit-policy", `"${policy}";q=${answer.limit};w=${WINDOW_MS / 1000}`);
  c.header("ratelimit", `"${policy}";r=${answer.remaining};t=${Math.ceil(answer.resetMs / 1000)}`);
  c.header("x-ratelimit-limit", String(answer.limit));
  c.header("x-ratelimit-remaining", String(answer.remaining));
}
