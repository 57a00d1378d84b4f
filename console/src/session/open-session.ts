/** Opens a session for the page: with an API key. */

import { SpillwayError, Spillway } from "spillway-client";
import type { Scope, Session } from "./session.ts";

/**
 * @param key an API key of a space.
 * @throws SpillwayError where the service refuses the key; TypeError where the text cannot be a key.
 */
export async function openWithKey(key: string, ways: Pick<Session, "signOut" | "toSpaces">): Promise<Session> {
  const spillway = new Spillway({ origin: location.origin, key });
  const [space, { id: keyId, scopes, expires_at: expiresAt }] = await Promise.all([
    spillway.space.get(),
    spillway.apiKeys.current(),
  ]);
  const { id, name, timezone, branding } = space;
  return {
    door: "console",
    spillway,
    scopes: new Set<Scope>(scopes),
    space: { id, name, timezone, branding },
    destinationIds: null,
    expiresAt,
    keyId,
    ...ways,
  };
}

/** The sentence about an error, for people. */
export function sentenceOf(thrown: unknown): string {
  if (thrown instanceof SpillwayError) return thrown.errors[0]?.detail ?? thrown.detail;
  return thrown instanceof Error ? thrown.message : String(thrown);
}
