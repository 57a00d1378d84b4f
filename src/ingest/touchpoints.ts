/** Ingests touchpoints: looks up their persons, checks each touchpoint, writes all or none. */

import { kindOf } from "../attribution/sources.ts";
import type { Database } from "../db/core/database.ts";
import { findKnownIds } from "../db/events/event-range.ts";
import { insertTouchpoints, type NewTouchpoint } from "../db/events/touchpoints.ts";
import type { Fault } from "../errors.ts";
import { MAX_AHEAD_MS } from "./event-time.ts";
import { retryOnConflict } from "./retry-on-conflict.ts";
import { Persons } from "./persons.ts";
import { type Rejected, throwFaults } from "./rejections.ts";

/** A touchpoint as it was sent, after the schema's checks. */
export interface SentTouchpoint {
  id: string;
  person_id?: string | null | undefined;
  external_person_id?: string | null | undefined;
  occurred_at: string;
  /** One of the 52 sources of attribution/sources.ts. */
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
 * @param pointers the JSON pointer of each touchpoint in the body.
 * @throws invalid_request with a pointer to each fault; nothing is written then. conflict when other calls changed the
 * touchpoints' persons at each attempt.
 */
export async function ingestTouchpoints(
  ingest: TouchpointIngest,
  touchpoints: readonly SentTouchpoint[],
  pointers: (index: number) => string,
): Promise<{ accepted: number; duplicates: number }> {
  return retryOnConflict(CHANGED, async () => {
    const rows = await check(ingest, touchpoints, pointers);
    const accepted = await insertTouchpoints(ingest.db, ingest.space.id, rows, ingest.now);
    return { accepted, duplicates: touchpoints.length - accepted };
  });
}

const CHANGED = "Other calls changed the profiles of these touchpoints at the same time. Send the touchpoints again.";

/** @returns the touchpoints to write: those without a fault. */
async function check(
  ingest: TouchpointIngest,
  touchpoints: readonly SentTouchpoint[],
  pointers: (index: number) => string,
): Promise<NewTouchpoint[]> {
  const persons = await Persons.of(ingest.db, ingest.space.id, touchpoints, ingest.uuid);
  const rows: NewTouchpoint[] = [];
  const rejected: Rejected[] = [];
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
    if (person === null || faults.length > 0) rejected.push({ id: sent.id, faults });
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
  await throwFaults(rejected, (ids) => findKnownIds(ingest.db, "touchpoints", ingest.space.id, ids));
  return rows;
}
