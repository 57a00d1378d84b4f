/** The OpenAPI document as it is sent: made once a day and isolate, and sent again only to who does not have it. */

import { dayOfExamples } from "../example-dates.ts";
import { openApiDocument } from "../openapi.ts";
import type { Route } from "../route.ts";

interface Sent {
  text: string;
  etag: string;
}

let made: Promise<Sent> | undefined;
let madeFor = Number.NaN;

/** @param now epoch ms: examples are as of this day. */
export async function documentResponse(request: Request, routes: readonly Route[], now: number): Promise<Response> {
  const day = dayOfExamples(now);
  if (made === undefined || madeFor !== day) [made, madeFor] = [make(routes, day), day];
  const { text, etag } = await made;
  const headers = { etag, "cache-control": "public, max-age=300" };
  if (names(request.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers });
  return new Response(text, { headers: { ...headers, "content-type": "application/json" } });
}

async function make(routes: readonly Route[], day: number): Promise<Sent> {
  const text = JSON.stringify(openApiDocument(routes, day));
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return { text, etag: `"${Buffer.from(hash).toString("base64url").slice(0, 27)}"` };
}

/** RFC 9110, 13.1.2: the weak comparison, with any of a list, or with `*`. */
function names(ifNoneMatch: string | null, etag: string): boolean {
  const listed = (ifNoneMatch ?? "").split(",").map((each) => each.trim().replace(/^W\//, ""));
  return listed.includes("*") || listed.includes(etag);
}
