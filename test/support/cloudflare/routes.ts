/**
 * A call of the API and who answers it: a method, a path with `:names`, and a handler that returns the result.
 */

import type * as z from "zod";
import { Refusal } from "./answers.ts";
import type { Account } from "./state.ts";

/** The handlers' side of a call. `account` is the one that the path names. */
export interface Call {
  readonly account: Account;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** Of the path, decoded. @throws when the path has no such name: an error of the route's. */
  readonly param: (name: string) => string;
  /** The JSON body. @throws a refusal that says what does not match. */
  json<T>(schema: z.ZodType<T>): T;
  form(): Promise<FormData>;
  /** A clock that goes on by a second at each look. */
  readonly now: () => string;
}

export type Handler = (call: Call) => unknown;

export interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  readonly handler: Handler;
}

/**
 * @param path for example `/d1/database/:database`.
 * @param of `account` puts the path below `/accounts/:account`.
 */
export function route(method: string, path: string, handler: Handler, of: "account" | "user" = "account"): Route {
  const whole = of === "account" ? `/accounts/:account${path}` : path;
  const pattern = new RegExp(`^${whole.replaceAll(/:(\w+)/g, "(?<$1>[^/]+)")}$`);
  return { method, pattern, handler };
}

export function parseJson<T>(body: Uint8Array, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw new Refusal(400, 6007, "Malformed JSON in request body");
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Refusal(400, 10001, `Invalid request body: ${parsed.error.message}`);
  return parsed.data;
}
