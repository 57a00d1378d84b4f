/** The OpenAPI document as it is sent: made once a day and isolate, and sent again only to who does not have it. */

import { dayOfExamples } from "../example-dates.ts";
import { openApiDocument } from "../openapi.ts";
import type { Route } from "../route.ts";
import { type SearchEntry, searchIndex, type SearchedDocument } from "./search-index.ts";

interface Sent {
  text: string;
  etag: string;
  search: SearchEntry[];
}

let made: Promise<Sent> | undefined;
let madeFor = Number.NaN;

/** @param now epoch ms: examples are as of this day. */
export async function documentResponse(request: Request, routes: readonly Route[], now: number): Promise<Response> {
  const { text, etag } = await documentAt(routes, now);
  const headers = { etag, "cache-control": "public, max-age=300" };
  if (names(request.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers });
  return new Response(text, { headers: { ...headers, "content-type": "application/json" } });
}

/** What the page's search looks through. @param now epoch ms. */
export async function searchIndexAt(routes: readonly Route[], now: number): Promise<SearchEntry[]> {
  return (await documentAt(routes, now)).search;
}

function documentAt(routes: readonly Route[], now: number): Promise<Sent> {
  const day = dayOfExamples(now);
  if (made === undefined || madeFor !== day) [made, madeFor] = [make(routes, day), day];
  return made;
}

async function make(routes: readonly Route[], day: number): Promise<Sent> {
  const text = JSON.stringify(openApiDocument(routes, day));
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const etag = `"${Buffer.from(hash).toString("base64url").slice(0, 27)}"`;
  return { text, etag, search: searchIndex(JSON.parse(text) as SearchedDocument) };
}

/** RFC 9110, 13.1.2: the weak comparison, with any of a list, or with `*`. */
function names(ifNoneMatch: string | null, etag: string): boolean {
  const listed = (ifNoneMatch ?? "").split(",").map((each) => each.trim().replace(/^W\//, ""));
  return listed.includes("*") || listed.includes(etag);
}
