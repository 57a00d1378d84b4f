/** Rate limits on the wire: the fields of draft-ietf-httpapi-ratelimit-headers, and the older X- ones. */

import { SpillwayError } from "../../errors.ts";
import type { Answer, LimiterObject, Policy } from "../../limiter/limiter.ts";
import { WINDOW_MS } from "../../limiter/window.ts";
import { logFailure } from "../../log.ts";
import type { Call } from "../route.ts";

const MAX_TRIES = 5;
/** Before the second try; each later pause is twice as long. */
const PAUSE_MS = 20;
const UNREACHABLE_RETRY_SECONDS = 5;

/** Takes a place of the space's, and writes down what is left of them. @throws rate_limited, unavailable. */
export async function passLimiter(call: Call, spaceId: string, policy: Policy, headers: Headers): Promise<void> {
  const answer = await take(call, spaceId, policy);
  describe(policy, answer, headers);
  if (!answer.allowed)
    throw new SpillwayError(
      "rate_limited",
      `At most ${answer.limit} of these calls pass in any ${WINDOW_MS / 1000} seconds.`,
      { retryAfterSeconds: Math.ceil(answer.resetMs / 1000) },
    );
}

/**
 * Asks the space's object. One that is evicted, moved or reset breaks the call, and is there again for the next, by a new
 * stub. Whether the broken call had its place is not known: one may be taken twice, so that fewer pass, never more.
 */
async function take(call: Call, spaceId: string, policy: Policy): Promise<Answer> {
  const namespace = call.limiter as DurableObjectNamespace<LimiterObject>;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await namespace.get(namespace.idFromName(spaceId)).take(policy, call.config.limits[policy]);
    } catch (thrown) {
      if (attempt >= MAX_TRIES || isOverloaded(thrown)) {
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

/** The runtime's mark: asking again would only add to the load (Durable Objects, "Error handling"). */
function isOverloaded(thrown: unknown): boolean {
  return thrown instanceof Error && "overloaded" in thrown && thrown.overloaded === true;
}

function describe(policy: Policy, answer: Answer, headers: Headers): void {
  headers.set("ratelimit-policy", `"${policy}";q=${answer.limit};w=${WINDOW_MS / 1000}`);
  headers.set("ratelimit", `"${policy}";r=${answer.remaining};t=${Math.ceil(answer.resetMs / 1000)}`);
  headers.set("x-ratelimit-limit", String(answer.limit));
  headers.set("x-ratelimit-remaining", String(answer.remaining));
}
