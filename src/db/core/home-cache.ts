/**
 * The homes of spaces that an isolate has learnt. A space stays in the home that it was created in, so what was learnt
 * once stays true. Where spaces can move, an entry must end with the move: it may not be kept then as it is here.
 */

/** The space that was learnt first is forgotten first. */
const MAX_SPACES = 10_000;

export class HomeCache {
  readonly #homes = new Map<string, string>();

  get(spaceId: string): string | undefined {
    return this.#homes.get(spaceId);
  }

  set(spaceId: string, home: string): void {
    this.#homes.set(spaceId, home);
    const [oldest] = this.#homes.keys();
    if (this.#homes.size > MAX_SPACES && oldest !== undefined) this.#homes.delete(oldest);
  }
}
