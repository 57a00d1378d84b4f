/** Errors as RFC 9457 problem documents, and the page that each `type` leads to. */

import { ERRORS, type ErrorCode, type SpillwayError } from "../../errors.ts";

export function problem(error: SpillwayError, requestId: string, headers: Headers = new Headers()): Response {
  const { status, title } = ERRORS[error.code];
  headers.set("content-type", "application/problem+json");
  headers.set("cache-control", "no-store");
  if (error.retryAfterSeconds !== undefined) headers.set("retry-after", String(error.retryAfterSeconds));
  if (error.code === "unauthenticated") headers.set("www-authenticate", 'Bearer realm="spillway"');
  const body = {
    type: `/problems/${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    ...(error.faults.length === 0 ? {} : { errors: error.faults }),
    request_id: requestId,
  };
  return new Response(JSON.stringify(body), { status, headers });
}

/** What a problem's `type` shows to a reader. @returns null for a code that does not exist. */
export function problemPage(code: string): Response | null {
  if (!Object.hasOwn(ERRORS, code)) return null;
  const { status, title, owner, retryable } = ERRORS[code as ErrorCode];
  const whose = owner === "customer" ? "yours: change the request, the key or the bucket" : "ours";
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${code}</title><style>body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}</style>
<h1><code>${code}</code></h1><p>${title}</p>
<ul><li>HTTP status: ${status}</li><li>Whose turn it is: ${whose}.</li>
<li>${retryable ? "The same request may succeed later." : "The same request will fail again."}</li></ul>
<p><a href="/docs">All calls and errors</a></p></html>`;
  return new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } });
}
