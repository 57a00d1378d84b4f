/** Takes touchpoints in: looks up whom they are of, writes all or none. */

import { kindOf } from "../attribution/sources.ts";
import type { Database } from "../db/core/database.ts";
import { findKnownIds } from "../db/events/event-range.ts";
import { insertTouchpoints, type NewTouchpoint } from "../db/events/touchpoints.ts";
import { type Fault, invalid } from "../errors.ts";
import { MAX_FAULTS } from "./ingest.ts";
import { MAX_AHEAD_MS } from "./event-time.ts";
import { retryOnConflict } from "./retry-on-conflict.ts";
import { Persons } from "./persons.ts";

/** A touchpoint as it was sent, its shape checked. */
export interface SentTouchpoint {
  id: string;
  person_id?: string | null | undefined;
  external_person_id?: string | null | undefined;
  occurred_at: string;
  /** One of the 52. */
  source: string;
  ad_id?: string | null | undefined;
  adset_id?: string | null | undefined;
  campaign_id?: string | null | undefined;
  account_id?: string | null | undefined;
}

export interface TouchpointIngest {
  db: Database;
  space: { id: string };
  now: number;
  uuid: () => string;
}

/**
 * @param pointers where each touchpoint stands in the body.
 * @throws invalid_request with a pointer to each touchpoint that is wrong; nothing is written then. conflict when a person of
 * these goes away each time between the look and the write.
 */
export async function ingestTouchpoints(
  ingest: TouchpointIngest,
  touchpoints: readonly SentTouchpoint[],
  pointers: (index: number) => string,
): Promise<{ accepted: number; duplicates: number }> {
  return retryOnConflict(
    "Who these touchpoints are of changed while they were taken in. Send them again.",
    async () => {
      const rows = await check(ingest, touchpoints, pointers);
      const accepted = await insertTouchpoints(ingest.db, ingest.space.id, rows, ingest.now);
      return { accepted, duplicates: touchpoints.length - accepted };
    },
  );
}

/** @returns those to write: all but those that are wrong now and that the space has already. */
async function check(
  ingest: TouchpointIngest,
  touchpoints: readonly SentTouchpoint[],
  pointers: (index: number) => string,
): Promise<NewTouchpoint[]> {
  const persons = await Persons.of(ingest.db, ingest.space.id, touchpoints, ingest.uuid);
  const rows: NewTouchpoint[] = [];
  const wrong: { id: string; faults: readonly Fault[] }[] = [];
  for (const [index, sent] of touchpoints.entries()) {
    const faults: Fault[] = [];
    const pointer = pointers(index);
    const person = persons.find(sent, null, pointer, faults);
    const occurredAt = Date.parse(sent.occurred_at);
    if (occurredAt > ingest.now + MAX_AHEAD_MS)
      faults.push({
        pointer: `${pointer}/occurred_at`,
        detail: "occurred_at is more than five minutes in the future.",
      });
    if (person === null || faults.length > 0) wrong.push({ id: sent.id, faults });
    else
      rows.push({
        id: sent.id,
        person_id: person.person_id,
        kind: kindOf(sent.source),
        occurred_at: occurredAt,
        source: sent.source,
        ad_id: sent.ad_id ?? null,
        adset_id: sent.adset_id ?? null,
        campaign_id: sent.campaign_id ?? null,
        account_id: sent.account_id ?? null,
      });
  }
  if (wrong.length > 0) {
    const ids = wrong.map(({ id }) => id);
    const had = await findKnownIds(ingest.db, "touchpoints", ingest.space.id, ids);
    // Of a touchpoint that the space has, the first row stays, whatever is said of it now.
    const faults = wrong.flatMap((each) => (had.has(each.id) ? [] : each.faults));
    if (faults.length > 0) throw invalid(...faults.slice(0, MAX_FAULTS));
  }
  return rows;
}
