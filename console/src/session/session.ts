/** Who uses the page: a person with an API key (the console), or one whom a link let in (the portal). */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { ApiKey, Branding, Spillway } from "spillway-client";

export type Scope = ApiKey["scopes"][number];

/** The console is for the space's own people, the portal for its customer's. */
export type Door = "console" | "portal";

export interface Session {
  door: Door;
  /** Makes the calls, as this session. */
  spillway: Spillway;
  scopes: ReadonlySet<Scope>;
  space: { id: string; name: string; timezone: string; branding: Branding };
  /** The destinations that a portal session is limited to; null: all of the space. */
  destinationIds: readonly string[] | null;
  /** When the session or the key ends, as an RFC 3339 time; null: never. */
  expiresAt: string | null;
  /** The id of the console's API key; null in the portal. */
  keyId: string | null;
  /** Ends the session, and shows the way in again. */
  signOut: () => void;
  /** Ends the session, and shows the operator's list of spaces; null for all but operators. */
  toSpaces: (() => void) | null;
}

export const SessionContext = createContext<Session | null>(null);

/** The session of the page. @throws Error outside of the frame, which needs one. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("This component needs a session.");
  return session;
}

/**
 * Whether the session may do what needs this scope. The service decides; the page only leaves out what it would
 * refuse.
 */
export const useMay = (scope: Scope) => useSession().scopes.has(scope);
