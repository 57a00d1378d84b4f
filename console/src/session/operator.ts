/**
 * The operator of the service: lists spaces, and opens one in the console by a key that is made for it, ends by itself
 * within a day, and is revoked when the operator leaves the space.
 */

import { type Space, Spillway, SpillwayError } from "spillway-client";
import { texts } from "../texts.ts";
import { openWithKey } from "./open-session.ts";
import type { Scope, Session } from "./session.ts";

const KEY_HOURS = 12;
const MAX_WAIT_MS = 2_000;

const ALL_SCOPES = Object.keys(texts.scopes) as Scope[];

/** @throws Error with a sentence for a person who meant an API key; SpillwayError for all other reasons. */
export async function openAsOperator(token: string): Promise<Spillway> {
  try {
    const operator = clientOf(token);
    await operator.spaces.list({ limit: 1 }).first();
    return operator;
  } catch (thrown) {
    const isOther = thrown instanceof SpillwayError && thrown.code !== "unauthenticated";
    throw isOther ? thrown : new Error(texts.signIn.neither, { cause: thrown });
  }
}

/** @throws TypeError where the text has a character that no token has. */
const clientOf = (token: string) =>
  new Spillway({
    origin: location.origin,
    key: token,
    // A call must outlive the page that makes it, where the page revokes its key on leaving.
    fetch: (request) => fetch(new Request(request, { keepalive: true })),
    // Too many wrong tokens make an address wait: the page says so at once.
    retries: { maxWaitMs: MAX_WAIT_MS },
  });

/**
 * Opens a space in the console.
 * @param ways what the session's two ways out do, when its key is revoked.
 * @returns the session, and what revokes its key.
 * @throws SpillwayError
 */
export async function openSpace(
  operator: Spillway,
  space: Pick<Space, "id">,
  ways: { signOut: () => void; toSpaces: () => void },
): Promise<Session> {
  const now = Date.now();
  const made = await operator.spaces.apiKeys.create(space.id, {
    name: texts.spaces.keyName(new Date(now).toISOString().slice(0, 16)),
    scopes: ALL_SCOPES,
    expires_at: new Date(now + KEY_HOURS * 3_600_000).toISOString(),
  });
  // A key that cannot be revoked now, such as the space's last one, ends by itself.
  const revoke = () => void operator.spaces.apiKeys.delete(space.id, made.id).catch(() => {});
  const leaving = (then: () => void) => () => {
    removeEventListener("pagehide", revoke);
    revoke();
    then();
  };
  addEventListener("pagehide", revoke);
  try {
    return await openWithKey(made.key, { signOut: leaving(ways.signOut), toSpaces: leaving(ways.toSpaces) });
  } catch (thrown) {
    leaving(() => {})();
    throw thrown;
  }
}
