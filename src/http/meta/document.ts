/** The OpenAPI document as it is sent: made once a day and isolate, and sent again only to who does not have it. */

import { etagOf, hasVersion } from "../etag.ts";
import { dayOfExamples } from "../example-dates.ts";
import { type ApiDescription, openApiDocument } from "../openapi.ts";
import type { Route } from "../route.ts";
import { type SearchEntry, searchIndex, type SearchedDocument } from "./search-index.ts";

interface Sent {
  text: string;
  etag: string;
  search: SearchEntry[];
}

/** The document of one API. */
export class SentDocument {
  readonly #api: ApiDescription;
  readonly #routes: () => readonly Route[];
  #made: Promise<Sent> | undefined;
  #madeFor = Number.NaN;

  /** @param routes returns every operation of the API. */
  constructor(api: ApiDescription, routes: () => readonly Route[]) {
    this.#api = api;
    this.#routes = routes;
  }

  /** @param now epoch ms: examples are as of this day. */
  async response(request: Request, now: number): Promise<Response> {
    const { text, etag } = await this.#at(now);
    const headers = { etag, "cache-control": "public, max-age=300" };
    if (hasVersion(request, etag)) return new Response(null, { status: 304, headers });
    return new Response(text, { headers: { ...headers, "content-type": "application/json" } });
  }

  /** What the page's search looks through. @param now epoch ms. */
  async searchIndex(now: number): Promise<SearchEntry[]> {
    return (await this.#at(now)).search;
  }

  #at(now: number): Promise<Sent> {
    const day = dayOfExamples(now);
    if (this.#made === undefined || this.#madeFor !== day) {
      this.#made = make(openApiDocument(this.#api, this.#routes(), day));
      this.#madeFor = day;
    }
    return this.#made;
  }
}

async function make(document: object): Promise<Sent> {
  const text = JSON.stringify(document);
  return { text, etag: await etagOf(text), search: searchIndex(JSON.parse(text) as SearchedDocument) };
}
