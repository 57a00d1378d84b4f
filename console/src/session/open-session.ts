/** Opens a session for the page: with an API key. */

import { SpillwayError, Spillway, type ApiKey } from "spillway-client";
import { keyIdOf } from "./credential.ts";
import type { Scope, Session } from "./session.ts";

/** What the service says of the key of a call. */
type OwnKey = Pick<ApiKey, "scopes" | "expires_at">;

/**
 * @param key an API key of a space.
 * @throws SpillwayError where the service refuses the key; TypeError where the text cannot be a key.
 */
export async function openWithKey(key: string, ways: Pick<Session, "signOut" | "toSpaces">): Promise<Session> {
  const spillway = new Spillway({ origin: location.origin, key });
  const [space, { scopes, expires_at: expiresAt }] = await Promise.all([
    spillway.space.get(),
    spillway.request<OwnKey>("GET", "/v1/api-key"),
  ]);
  const { id, name, timezone, branding } = space;
  return {
    door: "console",
    spillway,
    scopes: new Set<Scope>(scopes),
    space: { id, name, timezone, branding },
    destinationIds: null,
    expiresAt,
    keyId: keyIdOf(key),
    ...ways,
  };
}

/** The sentence about an error, for people. */
export function sentenceOf(thrown: unknown): string {
  if (thrown instanceof SpillwayError) return thrown.errors[0]?.detail ?? thrown.detail;
  return thrown instanceof Error ? thrown.message : String(thrown);
}
