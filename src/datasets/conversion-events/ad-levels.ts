/**
 * The four levels of ads. A touchpoint names objects of some levels itself. A level that it does not name is filled
 * with the parent of the object one level below: the ad's set, the set's campaign, the campaign's account, from the ad
 * objects as of the snapshot. An id that the touchpoint names has priority, and is kept where no such object exists.
 */

import { AD_LEVELS, type AdLevel, adObjectsAt } from "../../db/events/ad-objects.ts";
import type { CreditedTouch } from "../../db/events/journeys.ts";
import { SnapshotCache } from "../snapshot-cache.ts";
import type { AsOf } from "../dataset.ts";
import type { AdField } from "./request.ts";

const MAX_KNOWN = 20_000;

interface Known {
  name: string | null;
  parent: string | null;
}

const caches = AD_LEVELS.map((level) => {
  const cache = new SnapshotCache<Known>(MAX_KNOWN, async ({ db, spaceId, seq }, ids) =>
    (await adObjectsAt(db, spaceId, seq, level, ids)).map((row) => [row.id, { name: row.name, parent: row.parent_id }]),
  );
  return [level, cache] as const;
});

/** The ids and names of a touchpoint's ads. */
export type Ads = Partial<Record<AdField, string | null>>;

const [MEMBER_ID, MEMBER_NAME] = [
  { ad: "ad_id", adset: "adset_id", campaign: "campaign_id", account: "account_id" },
  { ad: "ad_name", adset: "adset_name", campaign: "campaign_name", account: "account_name" },
] as const;

/** Each higher level costs one more query per page, for the ids that are not in its cache. */
export class AdLevels {
  readonly #asOf: AsOf;
  /** Levels whose objects are looked up: for a name, or for the parent that a higher level needs. */
  readonly #lookedUp: readonly AdLevel[];
  readonly #highest: number;

  /** @param fields the fields that lines and totals need. */
  constructor(asOf: AsOf, fields: ReadonlySet<string>) {
    this.#asOf = asOf;
    const isRequested = (level: AdLevel) => fields.has(MEMBER_ID[level]) || fields.has(MEMBER_NAME[level]);
    this.#highest = AD_LEVELS.findLastIndex(isRequested);
    this.#lookedUp = AD_LEVELS.filter(
      (level, index) => index < this.#highest || (index === this.#highest && fields.has(MEMBER_NAME[level])),
    );
  }

  /** Does the request need any field of ads? */
  get needed(): boolean {
    return this.#highest >= 0;
  }

  /** @returns for each of these touchpoints its ads, up to the highest requested level. */
  async resolve(touches: readonly CreditedTouch[]): Promise<Ads[]> {
    const resolved: Ads[] = touches.map(() => ({}));
    let parents: (string | null)[] = touches.map(() => null);
    for (const [index, [level, cache]] of caches.entries()) {
      if (index > this.#highest) break;
      const ids = touches.map((touch, n) => touch[MEMBER_ID[level]] ?? parents[n] ?? null);
      const named = ids.filter((id) => id !== null);
      const known = this.#lookedUp.includes(level) ? await cache.look(this.#asOf, named) : null;
      const objectOf = (id: string | null) => (id === null ? null : (known?.get(id) ?? null));
      for (const [n, ads] of resolved.entries()) {
        const id = ids[n] ?? null;
        ads[MEMBER_ID[level]] = id;
        ads[MEMBER_NAME[level]] = objectOf(id)?.name ?? null;
      }
      parents = ids.map((id) => objectOf(id)?.parent ?? null);
    }
    return resolved;
  }
}
