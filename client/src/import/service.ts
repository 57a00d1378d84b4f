/**
 * The import's whole interface to HTTP: calls that answer JSON, and that are retried for transient reasons. A rate
 * limit is waited out for as long as the service says; other errors are retried with growing delays, a limited number
 * of times.
 */

import { SpillwayError } from "../errors.ts";
import type { EventDefinition, DefinedEventProperty, Space as SpaceAnswer } from "../generated/types.gen.ts";
import type { Spillway } from "../spillway.ts";

export type Space = Pick<SpaceAnswer, "id" | "name" | "timezone" | "retention_days">;
type Field = Pick<NonNullable<DefinedEventProperty["fields"]>[number], "name" | "type">;
/** A property of a definition, as far as an import reads it. */
export type PropertyView = Pick<DefinedEventProperty, "name" | "type"> & { fields?: Field[] };
export type DefinitionView = Pick<EventDefinition, "id" | "enabled"> & { properties: PropertyView[] };

export type Method = "GET" | "POST" | "PUT" | "PATCH";

export interface Service {
  /**
   * @param body goes as JSON; a string as NDJSON, as it is.
   * @param isFinal excludes an error from retries: a conflict that lasts.
   * @throws SpillwayError for anything but a success.
   */
  json<Body>(method: Method, path: string, body?: unknown, isFinal?: (error: SpillwayError) => boolean): Promise<Body>;
}

export interface RetryPolicy {
  /** Calls before the last error is thrown. Waiting for a rate limit is not counted. */
  tries: number;
  /** Called before each delay. */
  onWait: (error: SpillwayError, seconds: number) => void;
  wait: (ms: number) => Promise<void>;
}

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;
/** A service that asks for a longer delay is asked again after this one. */
const MAX_RETRY_AFTER_SECONDS = 300;

/** @param spillway a client that makes each call once. @returns its calls. */
export function serviceOf(spillway: Spillway): Service {
  return {
    json: (method, path, body) => spillway.request(method, path, { body }),
  };
}

/** @param service makes a call once. @returns the same calls, retried. */
export function retrying(service: Service, policy: RetryPolicy): Service {
  return {
    json: (method, path, body, isFinal = () => false) =>
      withRetry(policy, () => service.json(method, path, body), isFinal),
  };
}

/**
 * The same calls, and whether the service may have taken anything of them.
 * @param service with retries: an error that it throws is the last one.
 */
export function sendingOutcome(service: Service): { service: Service; isNothingTaken: () => boolean } {
  let refused = 0;
  let calls = 0;
  return {
    isNothingTaken: () => calls === refused,
    service: {
      async json(method, path, body, isFinal) {
        calls += 1;
        try {
          return await service.json(method, path, body, isFinal);
        } catch (thrown) {
          // Without an answer the service may have taken the call.
          if (thrown instanceof SpillwayError && thrown.status >= 400 && thrown.status < 500) refused += 1;
          throw thrown;
        }
      },
    },
  };
}

/** No answer, a timeout, a conflict with another write, a rate limit, or an error of the service. */
export function isTransient({ status }: SpillwayError): boolean {
  return status === 0 || status === 408 || status === 409 || status === 429 || status >= 500;
}

/** @throws SpillwayError of the first lasting error, or of the last try. */
async function withRetry<Result>(
  policy: RetryPolicy,
  call: () => Promise<Result>,
  isFinal: (error: SpillwayError) => boolean,
): Promise<Result> {
  for (let attempt = 1; ;) {
    try {
      return await call();
    } catch (thrown) {
      if (!(thrown instanceof SpillwayError) || !isTransient(thrown) || isFinal(thrown)) throw thrown;
      const isLimited = thrown.status === 429 && thrown.retryAfterSeconds !== null;
      if (attempt >= policy.tries && !isLimited) throw thrown;
      const ms = retryDelayMs(attempt, Math.random(), thrown.retryAfterSeconds);
      if (!isLimited) attempt += 1;
      policy.onWait(thrown, ms / 1000);
      await policy.wait(ms);
    }
  }
}

/**
 * @param random 0 to 1, so that calls that failed together are retried apart.
 * @param retryAfterSeconds what the answer asked for: the delay is never shorter. @returns milliseconds.
 */
export function retryDelayMs(attempt: number, random: number, retryAfterSeconds: number | null = null): number {
  if (retryAfterSeconds !== null)
    return Math.min(MAX_RETRY_AFTER_SECONDS, retryAfterSeconds) * 1000 + Math.round(random * FIRST_DELAY_MS);
  const ms = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
  return Math.round(ms * (0.75 + random / 2));
}
