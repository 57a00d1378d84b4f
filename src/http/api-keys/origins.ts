/** The origins of a key for web pages: of which pages a browser may use it. */

import * as z from "zod";
import { type Fault, invalid } from "../../errors.ts";
import type { Scope } from "../route.ts";

const MAX_ORIGINS = 20;
/** What a key for web pages may do: all of it is in the open, since every visitor of a page can read its key. */
const PAGE_SCOPES: readonly Scope[] = ["events:write"];

/** A URL's host may have characters that end a directive or a policy in the header Content-Security-Policy: ; and , */
const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$/;

/** The URL whose origin a text names; null for a text that is no http or https URL of a host with a plain name. */
function originIn(text: string): URL | null {
  const url = URL.parse(text);
  const isWeb = url?.protocol === "https:" || url?.protocol === "http:";
  return isWeb && HOST.test(url.hostname) ? url : null;
}

/** An origin as browsers send it. */
export const Origin = z
  .string()
  .max(300)
  .superRefine((text, context) => {
    const url = originIn(text);
    if (url?.origin === text) return;
    const meant = url === null ? "https://shop.example" : url.origin;
    context.addIssue(
      `must be an origin as browsers send it, such as ${meant}: scheme, host, and a port other than the scheme's own; no path and no wildcard.`,
    );
  });

export const Origins = z
  .array(Origin)
  .min(1)
  .max(MAX_ORIGINS)
  .refine((origins) => new Set(origins).size === origins.length, "must name each origin at most once.")
  .nullish()
  .meta({
    description: `For a key that web pages use: it may call \`POST /v1/events\` alone, from pages of these origins, each with its scheme, host and port (at most ${MAX_ORIGINS}; \`http\` in local development only). Its only scope is \`events:write\`. Everyone who opens a page can read its key.`,
    example: ["https://shop.example"],
  });

/**
 * @param insecure local development: pages of this machine may use http.
 * @throws invalid_request for a scope that a key for web pages cannot have, and for an origin with http.
 */
export function checkOrigins(origins: readonly string[], scopes: readonly Scope[], insecure: boolean): void {
  const faults: Fault[] = scopes.flatMap((scope, index) =>
    PAGE_SCOPES.includes(scope)
      ? []
      : [{ pointer: `/scopes/${index}`, detail: `A key with origins has the scope events:write alone, not ${scope}.` }],
  );
  for (const [index, origin] of origins.entries())
    if (!isSecureOrigin(origin, insecure))
      faults.push({
        pointer: `/origins/${index}`,
        detail: "An origin must be https: a page that came without it can be changed on its way, and its key with it.",
      });
  if (faults.length > 0) throw invalid(...faults);
}

/** Is an origin's page safe from changes on its way? @param insecure pages of this machine may use http. */
export function isSecureOrigin(origin: string, insecure: boolean): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === "https:" || (insecure && isThisMachine(hostname));
}

const isThisMachine = (hostname: string) =>
  hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "127.0.0.1" || hostname === "[::1]";
