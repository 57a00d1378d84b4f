/** What a page calls: `window.spillway`. */

export type Properties = Record<string, unknown>;

/** How an event names its person: an id of the profile, or one of its other ids. */
export type PersonId = string | { external_person_id: string } | { custom_id: string };

export interface Tracker {
  /** Sends an event of the visitor. @param event the id of its definition. */
  track(event: string, properties?: Properties): void;
  /** Sends a page view of the current address. @param properties replace what the page says of itself. */
  page(properties?: Properties): void;
  /**
   * Says who the visitor is, at sign-in: the events of this browser become this person's. Without an id, at sign-out:
   * the visitor is a new one from then on.
   */
  identify(id?: PersonId): void;
}
