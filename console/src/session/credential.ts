/** What a person may sign in with: an API key of a space, or the operator's token, told apart by their form. */

const KEY = /^spw_([0-9a-f]{24})_[A-Za-z0-9_-]{43}$/;

/** The id of the API key that a text is, which is no secret; null for a text that is no key. */
export const keyIdOf = (text: string): string | null => KEY.exec(text)?.[1] ?? null;
