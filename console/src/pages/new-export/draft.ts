/**
 * The unsent form. It is in memory as long as the session of this tab, so that a wrong turn loses nothing; it is in no
 * storage, as its names may be personal data.
 */

import type { FormState } from "./request.ts";

export interface Draft {
  form: FormState;
  /** The export that the form was filled from; null: none. */
  from: string | null;
  /** One key for each request: sending the same one again, after a broken connection too, makes one export. */
  keys: Map<string, string>;
}

const drafts = new WeakMap<object, Draft>();

/** @param session the page's session: another one has a draft of its own. */
export const draftOf = (session: object): Draft | undefined => drafts.get(session);

export function keepDraft(session: object, form: FormState, from: string | null): void {
  drafts.set(session, { form, from, keys: drafts.get(session)?.keys ?? new Map<string, string>() });
}

/** The export is made: the next form is a new one, with keys of its own. */
export const forgetDraft = (session: object): boolean => drafts.delete(session);

/** The idempotency key of a request. @param request as text. @param newKey makes one. */
export function keyFor({ keys }: Pick<Draft, "keys">, request: string, newKey: () => string): string {
  const key = keys.get(request) ?? newKey();
  keys.set(request, key);
  return key;
}
