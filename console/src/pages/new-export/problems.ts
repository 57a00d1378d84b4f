/** The problems of a request as the form shows them: each at its field, with the value that it is about. */

import type { Fault } from "spillway-client";

/** A fault of a schedule's request is one of the export's request. */
export const REQUEST = "/request";

/** The faults below a schedule's request, with pointers into the request itself. */
export const inRequest = (faults: readonly Fault[]): Fault[] =>
  faults
    .filter(({ pointer }) => pointer.startsWith(`${REQUEST}/`))
    .map(({ pointer, detail }) => ({ pointer: pointer.slice(REQUEST.length), detail }));

/** The member of the request that a pointer leads into: `event_names` of `/event_names/3`. Null: it is the whole. */
export function fieldAt(pointer: string): string | null {
  const [first] = tokensOf(pointer);
  return first ?? null;
}

/**
 * Faults below a field say which of its values they are about, as a list of names alone does not show it.
 * @param request what was sent.
 */
export function withValues(faults: readonly Fault[], request: unknown): Fault[] {
  return faults.map(({ pointer, detail }) => {
    // Members of an object are told by their names: the sentences have those.
    const value = /^\/[^/]+\/\d+/.test(pointer) ? valueAt(request, pointer) : undefined;
    return typeof value === "string" && !detail.includes(value)
      ? { pointer, detail: `${value}: ${detail}` }
      : { pointer, detail };
  });
}

/** The value at a JSON pointer (RFC 6901); undefined where there is none. */
export function valueAt(root: unknown, pointer: string): unknown {
  let value = root;
  for (const token of tokensOf(pointer)) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, token)) return undefined;
    value = (value as Record<string, unknown>)[token];
  }
  return value;
}

const tokensOf = (pointer: string) =>
  pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
