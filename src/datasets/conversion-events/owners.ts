/**
 * Whose touchpoints a conversion's journey has, and how many rows a query scans to find these people: one for a person,
 * and for a company one for each of its profiles. Queries for many conversions are bounded by the sum.
 */

import { countCompanyProfiles, MAX_COMPANY_PROFILES } from "../../db/events/company-profiles.ts";
import type { EventRecord } from "../../db/events/events.ts";
import { SpillwayError } from "../../errors.ts";
import type { AsOf } from "../dataset.ts";
import { SnapshotCache } from "../snapshot-cache.ts";
import type { Attribution } from "./freeze.ts";

/** Rows of people, and of their touchpoints of each kind, that one query scans. */
export const ROWS_PER_QUERY = 160_000;
const MAX_COMPANIES = 20_000;

/** Rows that a query scans for each profile: itself, and a seek for each kind, or for each end of each kind. */
export const ROWS_PER_PROFILE = { journey: 4, ends: 7 } as const;

type OfOwner = Pick<EventRecord, "companyId">;

export class Owners {
  readonly #asOf: AsOf;
  readonly #level: Attribution["level"];
  readonly #maxProfiles: number;
  readonly #cache: SnapshotCache<number>;
  #profiles: ReadonlyMap<string, number | null> = new Map();

  constructor(asOf: AsOf, { level }: Pick<Attribution, "level">, maxProfiles = MAX_COMPANY_PROFILES) {
    this.#asOf = asOf;
    this.#level = level;
    this.#maxProfiles = maxProfiles;
    this.#cache = new SnapshotCache<number>(MAX_COMPANIES, async ({ db, spaceId }, ids) => [
      ...(await countCompanyProfiles(db, spaceId, ids, maxProfiles)),
    ]);
  }

  /**
   * Counts the profiles of the companies of these conversions, which `batch` and `shareOf` need to know.
   * @throws export_too_large for a company with more profiles than one query can look at.
   */
  async look(events: readonly OfOwner[]): Promise<void> {
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
    let rows = 0;
    let to = from;
    for (; to < Math.min(events.length, from + max); to += 1) {
      const event = events[to];
      rows += event === undefined ? 0 : this.#profilesOf(event) * rowsPerProfile;
      if (to > from && rows > ROWS_PER_QUERY) break;
    }
    return events.slice(from, to);
  }

  /** The share of a query that a conversion's people take. */
  shareOf(event: OfOwner, rowsPerProfile: number): number {
    return (this.#profilesOf(event) * rowsPerProfile) / ROWS_PER_QUERY;
  }

  #profilesOf({ companyId }: OfOwner): number {
    return this.#level !== "company" || companyId === null ? 1 : Math.max(1, this.#profiles.get(companyId) ?? 1);
  }
}
