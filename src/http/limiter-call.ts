/**
 * Calls of a space's limiter, its Durable Object. An object that is evicted, moved or reset breaks a call; a new stub
 * reaches it again. The broken call may have been counted: then one call counts twice, so that fewer calls pass, never
 * more.
 */

import { SpillwayError } from "../errors.ts";
import type { LimiterObject } from "../limiter/limiter.ts";
import { logFailure } from "../log.ts";
import type { Call } from "./route.ts";

const MAX_ATTEMPTS = 5;
/** Before the second attempt; each later pause is twice as long. */
const PAUSE_MS = 20;
const UNREACHABLE_RETRY_SECONDS = 5;

/**
 * @param ask makes the call.
 * @param about what the call is about, for the log.
 * @throws unavailable when the object cannot be reached; its cause says whether it is overloaded.
 */
export async function callLimiter<Result>(
  call: Call,
  spaceId: string,
  ask: (limiter: DurableObjectStub<LimiterObject>) => Promise<Result>,
  about: Readonly<Record<string, string>> = {},
): Promise<Result> {
  const namespace = call.limiter as DurableObjectNamespace<LimiterObject>;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask(namespace.get(namespace.idFromName(spaceId)));
    } catch (thrown) {
      if (attempt >= MAX_ATTEMPTS || isOverloaded(thrown)) {
        const fields = { request_id: call.requestId, space_id: spaceId, ...about, attempt };
        logFailure("limiter.unreachable", thrown, fields);
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
export function isOverloaded(thrown: unknown): boolean {
  return thrown instanceof Error && "overloaded" in thrown && thrown.overloaded === true;
}
