/**
 * The four levels of ads. A touchpoint names some of them itself; what it does not name is filled from the level below: its ad's
 * set, that set's campaign, that campaign's account, as the ad objects stood at the snapshot. What a touchpoint names wins, and
 * what names nobody is kept as it is.
 */

import { AD_LEVELS, type AdLevel, adObjectsAt } from "../../db/events/ad-objects.ts";
import type { Touch } from "../../db/events/journeys.ts";
import { SnapshotCache } from "../snapshot-cache.ts";
import type { Opening } from "../dataset.ts";
import type { AdField } from "./request.ts";

const MAX_KNOWN = 20_000;

interface Known {
  name: string | null;
  parent: string | null;
}

const levelCache = (level: AdLevel) =>
  new SnapshotCache<Known>(MAX_KNOWN, async (db, spaceId, seq, ids) =>
    (await adObjectsAt(db, spaceId, seq, level, ids)).map((row) => [row.id, { name: row.name, parent: row.parent_id }]),
  );

const caches = AD_LEVELS.map((level) => [level, levelCache(level)] as const);

/** What is known of a touchpoint's ads. */
export type Ads = Partial<Record<AdField, string | null>>;

const [MEMBER_ID, MEMBER_NAME] = [
  { ad: "ad_id", adset: "adset_id", campaign: "campaign_id", account: "account_id" },
  { ad: "ad_name", adset: "adset_name", campaign: "campaign_name", account: "account_name" },
] as const;

/** Higher levels cost more: each is one look-up more a page, for what was not looked up before. */
export class AdLevels {
  readonly #opening: Opening;
  /** Levels whose objects have to be looked up: for a name, or for a parent that a higher level needs. */
  readonly #wanted: readonly AdLevel[];
  readonly #highest: number;

  /** @param fields what is asked for, by lines and by totals. */
  constructor(opening: Opening, fields: ReadonlySet<string>) {
    this.#opening = opening;
    const asked = (level: AdLevel) => fields.has(MEMBER_ID[level]) || fields.has(MEMBER_NAME[level]);
    this.#highest = AD_LEVELS.findLastIndex(asked);
    this.#wanted = AD_LEVELS.filter(
      (level, index) => index < this.#highest || (index === this.#highest && fields.has(MEMBER_NAME[level])),
    );
  }

  /** Is anything of ads asked for? */
  get needed(): boolean {
    return this.#highest >= 0;
  }

  /** @returns for each of these touchpoints what is known of its ads, of the levels that are asked for. */
  async resolve(touches: readonly Touch[]): Promise<Ads[]> {
    const { db, spaceId, snapshotSeq } = this.#opening;
    const resolved: Ads[] = touches.map(() => ({}));
    let parents: (string | null)[] = touches.map(() => null);
    for (const [index, [level, cache]] of caches.entries()) {
      if (index > this.#highest) break;
      const ids = touches.map((touch, n) => touch[MEMBER_ID[level]] ?? parents[n] ?? null);
      const looks = this.#wanted.includes(level);
      const known = looks
        ? await cache.look(
            db,
            spaceId,
            snapshotSeq,
            ids.filter((id) => id !== null),
          )
        : null;
      const of = (id: string | null) => (id === null ? null : (known?.get(id) ?? null));
      for (const [n, ads] of resolved.entries()) {
        const id = ids[n] ?? null;
        ads[MEMBER_ID[level]] = id;
        ads[MEMBER_NAME[level]] = of(id)?.name ?? null;
      }
      parents = ids.map((id) => of(id)?.parent ?? null);
    }
    return resolved;
  }
}
