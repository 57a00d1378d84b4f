/**
 * Opens a portal session for the page. The link's token is in the address's fragment, which is removed at once; the
 * service keeps the session in a cookie that scripts cannot read, so a reload goes on with it.
 */

import { type PortalSession, Spillway } from "spillway-client";
import type { Scope, Session } from "./session.ts";

/** The service takes a write of a portal session only with it: no page of another origin can send it. */
const PAGE_HEADER = "Spillway-Portal";

/** The client wants a key; the portal's calls go without one. */
const NO_KEY = "none";

/** Sends a call as the portal's page: with the cookie, without a key. */
async function asPortal(request: Request): Promise<Response> {
  const headers = new Headers(request.headers);
  headers.delete("authorization");
  headers.set(PAGE_HEADER, "1");
  return fetch(new Request(request, { headers, credentials: "same-origin" }));
}

/**
 * @param signOut shows that the session has ended.
 * @throws SpillwayError: `gone` where the link was opened, has expired or was revoked; `unauthenticated` where there is
 * neither a link nor a session.
 */
export async function openPortal(signOut: () => void): Promise<Session> {
  const spillway = new Spillway({ origin: location.origin, key: NO_KEY, fetch: asPortal });
  const token = location.hash.slice(1);
  history.replaceState(history.state, "", location.pathname + location.search);
  const {
    scopes,
    space,
    destination_ids: destinationIds,
    expires_at: expiresAt,
  } = token === ""
    ? await spillway.request<PortalSession>("GET", "/v1/portal-session")
    : await spillway.request<PortalSession>("POST", "/v1/portal-session", {
        body: { token, framed: window.self !== window.top },
      });
  const end = () => {
    spillway.request("DELETE", "/v1/portal-session").then(signOut, signOut);
  };
  return {
    door: "portal",
    spillway,
    scopes: new Set<Scope>(scopes),
    space,
    destinationIds,
    expiresAt,
    signOut: end,
  };
}
