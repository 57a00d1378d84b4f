/**
 * API keys that an isolate has looked up, for a few seconds each: a client that polls or sends events costs the control
 * database one look-up, not one a call. A revoked key, and the settings of a space as they were before a change, may be
 * used that long in another isolate. Unknown keys are not kept: a new key works at once.
 */

import type { KeyWithSpace } from "../../db/tenants/api-keys.ts";

/** How long a key is used without looking it up again. */
export const KEPT_MS = 5_000;
/** The key that was looked up longest ago is forgotten first. */
const MAX_KEYS = 10_000;

interface KnownKey {
  key: KeyWithSpace;
  /** Epoch ms: when it was looked up. */
  readAt: number;
}

export class KeyCache {
  readonly #keys = new Map<string, KnownKey>();

  /** @param now epoch ms. @returns null for a key that must be looked up. */
  get(keyId: string, now: number): KnownKey | null {
    const kept = this.#keys.get(keyId);
    return kept === undefined || kept.readAt + KEPT_MS <= now ? null : kept;
  }

  set(keyId: string, key: KeyWithSpace, now: number): void {
    this.#keys.delete(keyId);
    this.#keys.set(keyId, { key, readAt: now });
    const [oldest] = this.#keys.keys();
    if (this.#keys.size > MAX_KEYS && oldest !== undefined) this.#keys.delete(oldest);
  }

  /** A call may have changed keys or spaces. */
  clear(): void {
    this.#keys.clear();
  }
}
