/** The names of exports in the page's cache. */

/** Begins the names of all lists of exports. */
export const EXPORTS_KEY = ["exports"] as const;

/** One export. What belongs to it, as its files and its timeline, has a longer name that begins so. */
export const exportKey = (id: string) => ["export", id] as const;
