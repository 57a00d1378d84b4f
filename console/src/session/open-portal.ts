/**
 * Opens a portal session for the page. The link's token is in the address's fragment, which is removed at once; the
 * service keeps the session in a cookie that scripts cannot read, so a reload goes on with it. A browser has one such
 * cookie: each call names the session that the page shows, and the service refuses it when another link replaced that.
 */

import { type PortalSession, Spillway, SpillwayError } from "spillway-client";
import { sentenceOf } from "./open-session.ts";
import type { Scope, Session } from "./session.ts";

/** The service takes a write of a portal session only with it: no page of another origin can send it. */
const PAGE_HEADER = "Spillway-Portal";

/** The page's header before it shows a session. */
const NO_SESSION = "1";

/** The client wants a key; the portal's calls go without one. */
const NO_KEY = "none";

/** The browser's session is of another space than the address. */
export class OtherSpace extends Error {
  override readonly name = "OtherSpace";
  readonly space: PortalSession["space"];

  constructor(space: PortalSession["space"]) {
    super(`The portal session is of the space ${space.id}.`);
    this.space = space;
  }
}

/** The address's parts: the space whose portal it is, and the link's token; null where it has none. */
export interface PortalAddress {
  spaceId: string | null;
  token: string | null;
}

/** Reads the address, and takes the token out of it: it is then in no history and no bookmark. */
export function takeAddress(): PortalAddress {
  const token = location.hash.slice(1);
  const [, spaceId = null] = /^\/portal\/([^/]+)/.exec(location.pathname) ?? [];
  if (token.startsWith("spl_")) history.replaceState(history.state, "", location.pathname + location.search);
  return { spaceId, token: token.startsWith("spl_") ? token : null };
}

/**
 * @param onEnd told that the person ended the session; of a reason where it did not end.
 * @throws SpillwayError: `gone` where the link was opened, has expired or was revoked; `unauthenticated` where there is
 * neither a link nor a session. OtherSpace.
 */
export async function openPortal(
  { spaceId, token }: PortalAddress,
  onEnd: (failed: string | null) => void,
): Promise<Session> {
  const unnamed = clientOf(NO_SESSION);
  const session =
    token === null
      ? await unnamed.request<PortalSession>("GET", "/v1/portal-session")
      : await unnamed.request<PortalSession>("POST", "/v1/portal-session", {
          body: { token, framed: window.self !== window.top, ...(spaceId !== null && { space_id: spaceId }) },
        });
  if (spaceId !== null && session.space.id !== spaceId) throw new OtherSpace(session.space);
  const spillway = clientOf(session.id);
  const signOut = () => {
    spillway.request("DELETE", "/v1/portal-session").then(
      () => onEnd(null),
      // A session that has ended already is signed out too.
      (thrown: unknown) => onEnd(isUnauthenticated(thrown) ? null : sentenceOf(thrown)),
    );
  };
  return {
    door: "portal",
    spillway,
    scopes: new Set<Scope>(session.scopes),
    space: session.space,
    destinationIds: session.destination_ids,
    expiresAt: session.expires_at,
    keyId: null,
    signOut,
    toSpaces: null,
  };
}

const isUnauthenticated = (thrown: unknown) => thrown instanceof SpillwayError && thrown.code === "unauthenticated";

/** A client whose calls go with the cookie, without a key. @param shown the session that the page shows. */
function clientOf(shown: string): Spillway {
  const asPortal = (request: Request) => {
    const headers = new Headers(request.headers);
    headers.delete("authorization");
    headers.set(PAGE_HEADER, shown);
    return fetch(new Request(request, { headers, credentials: "same-origin" }));
  };
  return new Spillway({ origin: location.origin, key: NO_KEY, fetch: asPortal });
}
