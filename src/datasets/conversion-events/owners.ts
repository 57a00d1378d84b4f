/**
 * Whose touchpoints a conversion's journey has, and how many rows a query scans to find these people: one for a person,
 * one for each of those who are merged into this one, and for a company one for each of its profiles and of theirs.
 * Queries for many conversions are bounded by the sum.
 */

import { countCompanyProfiles, MAX_COMPANY_PROFILES } from "../../db/events/company-profiles.ts";
import type { EventRecord } from "../../db/events/events.ts";
import { SpillwayError } from "../../errors.ts";
import type { AsOf } from "../dataset.ts";
import { storedIds } from "../merged-people.ts";
import { SnapshotCache } from "../snapshot-cache.ts";
import type { Attribution } from "./freeze.ts";

/** Rows of people, and of their touchpoints of each kind, that one query scans. */
export const ROWS_PER_QUERY = 160_000;
const MAX_COMPANIES = 20_000;

/** Ids of merged people that one query is given: each has at most 200 bytes, and D1 takes a text of 2,000,000. */
const IDS_PER_QUERY = 5_000;

/** Rows that a query scans for each profile: itself, and a seek for each kind, or for each end of each kind. */
export const ROWS_PER_PROFILE = { journey: 4, ends: 7 } as const;

type OfOwner = Pick<EventRecord, "companyId" | "personId">;

const NONE: readonly string[] = [];

export class Owners {
  readonly #asOf: AsOf;
  readonly #level: Attribution["level"];
  readonly #maxProfiles: number;
  readonly #cache: SnapshotCache<number>;
  readonly #query: { merged?: boolean | undefined };
  #profiles: ReadonlyMap<string, number | null> = new Map();
  #storedIds: (personId: string) => readonly string[] = (id) => [id];

  constructor(
    asOf: AsOf,
    { level }: Pick<Attribution, "level">,
    query: { merged?: boolean | undefined } = {},
    maxProfiles = MAX_COMPANY_PROFILES,
  ) {
    this.#asOf = asOf;
    this.#level = level;
    this.#query = query;
    this.#maxProfiles = maxProfiles;
    const merged = query.merged === true;
    this.#cache = new SnapshotCache<number>(MAX_COMPANIES, async ({ db, spaceId }, ids) => [
      ...(await countCompanyProfiles(db, spaceId, ids, maxProfiles, undefined, merged)),
    ]);
  }

  /**
   * Finds the people who are merged into those of these conversions, and counts the profiles of their companies, which
   * the other methods need to know.
   * @throws export_too_large for a company with more profiles than one query can look at.
   */
  async look(events: readonly OfOwner[]): Promise<void> {
    if (this.#query.merged === true) {
      const persons = events.flatMap((event) => (this.#isOfCompany(event) ? [] : [event.personId]));
      this.#storedIds = await storedIds(this.#asOf, this.#query, [...new Set(persons)]);
    }
    if (this.#level !== "company") return;
    const ids = events.flatMap(({ companyId }) => (companyId === null ? [] : [companyId]));
    this.#profiles = await this.#cache.look(this.#asOf, ids);
    if (ids.some((id) => (this.#profiles.get(id) ?? 0) > this.#maxProfiles))
      throw new SpillwayError(
        "export_too_large",
        `A company has more than ${this.#maxProfiles} profiles, the limit of level company: request level profile.`,
      );
  }

  /**
   * The first of these conversions, as many as one query can answer.
   * @param rowsPerProfile that the query scans.
   */
  batch<Event extends OfOwner>(events: readonly Event[], from: number, max: number, rowsPerProfile: number): Event[] {
    let [rows, ids] = [0, 0];
    let to = from;
    for (; to < Math.min(events.length, from + max); to += 1) {
      const event = events[to];
      rows += event === undefined ? 0 : this.#profilesOf(event) * rowsPerProfile;
      ids += event === undefined ? 0 : this.mergedOf(event).length;
      if (to > from && (rows > ROWS_PER_QUERY || ids > IDS_PER_QUERY)) break;
    }
    return events.slice(from, to);
  }

  /** The share of a query that a conversion's people take. */
  shareOf(event: OfOwner, rowsPerProfile: number): number {
    const rows = (this.#profilesOf(event) * rowsPerProfile) / ROWS_PER_QUERY;
    return Math.max(rows, this.mergedOf(event).length / IDS_PER_QUERY);
  }

  /** The people who are merged into a conversion's person; none where the journey is a company's. */
  mergedOf(event: OfOwner): readonly string[] {
    return this.#query.merged !== true || this.#isOfCompany(event) ? NONE : this.#storedIds(event.personId).slice(1);
  }

  /** Are people merged into a conversion's person, so that its journey has the touchpoints of several? */
  isOfSeveral(event: OfOwner): boolean {
    return this.#query.merged === true && this.mergedOf(event).length > 0;
  }

  #isOfCompany({ companyId }: OfOwner): boolean {
    return this.#level === "company" && companyId !== null;
  }

  #profilesOf(event: OfOwner): number {
    return this.#isOfCompany(event)
      ? Math.max(1, this.#profiles.get(event.companyId ?? "") ?? 1)
      : 1 + this.mergedOf(event).length;
  }
}
