/** How the generated functions send records as NDJSON, which the service reads without holding a whole body. */

/** @param lines NDJSON, sent as it is. The type of `body` is that of the call's JSON. */
export function ndjson(lines: string): {
  body: never;
  bodySerializer: (body: unknown) => unknown;
  headers: { "Content-Type": string };
} {
  return {
    body: lines as never,
    bodySerializer: (body) => body,
    headers: { "Content-Type": "application/x-ndjson" },
  };
}
