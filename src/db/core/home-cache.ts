/**
 * The homes of spaces that an isolate has learnt, for a few seconds each: a move counts on it that no isolate uses a
 * home longer than `HOME_TTL_MS` after it was read, and that the home of a space that is about to switch is not kept.
 */

/** How long a home is used after it was read. */
export const HOME_TTL_MS = 5_000;
/** The space that was learnt first is forgotten first. */
const MAX_SPACES = 10_000;

/** A space's home, as its row in the control database had it. */
export interface ReadHome {
  home: string;
  /** Is the space about to switch its home? Then others have to read it, too. */
  isSwitching: boolean;
  /** Epoch ms: when the query was sent. */
  readAt: number;
}

export class HomeCache {
  readonly #homes = new Map<string, { home: string; until: number }>();
  readonly #now: () => number;

  /** @param now epoch ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get(spaceId: string): string | undefined {
    const kept = this.#homes.get(spaceId);
    return kept === undefined || kept.until <= this.#now() ? undefined : kept.home;
  }

  set(spaceId: string, { home, isSwitching, readAt }: ReadHome): void {
    this.#homes.delete(spaceId);
    if (isSwitching) return;
    this.#homes.set(spaceId, { home, until: readAt + HOME_TTL_MS });
    const [oldest] = this.#homes.keys();
    if (this.#homes.size > MAX_SPACES && oldest !== undefined) this.#homes.delete(oldest);
  }

  forget(spaceId: string): void {
    this.#homes.delete(spaceId);
  }

  /** Now, as the entries have it. */
  now(): number {
    return this.#now();
  }
}
