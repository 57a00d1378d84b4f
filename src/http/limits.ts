/** Rate limits on the wire: the fields of draft-ietf-httpapi-ratelimit-headers, and the older X- ones. */

import { SpillwayError } from "../errors.ts";
import type { Answer, LimiterObject, Policy } from "../limiter/limiter.ts";
import { WINDOW_MS } from "../limiter/window.ts";
import type { Call } from "./route.ts";

/** Takes a place of the space's, and writes down what is left of them. @throws rate_limited. */
export async function passLimiter(call: Call, spaceId: string, policy: Policy, headers: Headers): Promise<void> {
  const namespace = call.limiter as DurableObjectNamespace<LimiterObject>;
  const answer = await namespace.get(namespace.idFromName(spaceId)).take(policy, call.config.limits[policy]);
  describe(policy, answer, headers);
  if (!answer.allowed)
    throw new SpillwayError(
      "rate_limited",
      `At most ${answer.limit} of these calls pass in any ${WINDOW_MS / 1000} seconds.`,
      { retryAfterSeconds: Math.ceil(answer.resetMs / 1000) },
    );
}

function describe(policy: Policy, answer: Answer, headers: Headers): void {
  headers.set("ratelimit-policy", `"${policy}";q=${answer.limit};w=${WINDOW_MS / 1000}`);
  headers.set("ratelimit", `"${policy}";r=${answer.remaining};t=${Math.ceil(answer.resetMs / 1000)}`);
  headers.set("x-ratelimit-limit", String(answer.limit));
  headers.set("x-ratelimit-remaining", String(answer.remaining));
}
