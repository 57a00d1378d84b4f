/** The page that a problem document's `type` leads to: what the error means, and who must act. */

import { ERRORS, type ErrorCode } from "../../errors.ts";

export function problemPage(code: ErrorCode): Response {
  const { status, title, owner, retryable } = ERRORS[code];
  const who = owner === "customer" ? "you: change the request, the key or the bucket" : "the service's operator";
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${code}</title><style>body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}</style>
<h1><code>${code}</code></h1><p>${title}</p>
<ul><li>HTTP status: ${status}</li><li>Who must act: ${who}.</li>
<li>${retryable ? "The same request may succeed later." : "The same request will fail again."}</li></ul>
<p><a href="/docs">All calls and errors</a></p></html>`;
  return new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } });
}
