/** What a merge of two people reads, and the statements that end the one profile and link it to the other. */

import { type Database, type Statement, statement } from "../core/database.ts";
import { THIS_SEQUENCE } from "../core/sequences.ts";
import { versionsUnchanged } from "./current.ts";
import { MAX_MERGED } from "./merges.ts";
import { PROFILE_COLUMNS, type ProfileRow } from "./profiles.ts";

/** A current profile and the number of the write that made it. */
export type VersionedProfile = ProfileRow & { seq_from: number };

/** A current link of a merged person. */
export interface MergeLink {
  person_id: string;
  into_id: string;
  /** JSON object. */
  came_along: string;
}

/** The current links of these people, as merged people. */
export const readLinks = (db: Database, spaceId: string, personIds: readonly string[]) =>
  db.all<MergeLink>(
    `SELECT person_id, into_id, came_along FROM merges
     WHERE space_id = ?1 AND seq_to IS NULL AND person_id IN (SELECT value FROM json_each(?2))`,
    [spaceId, JSON.stringify(personIds)],
  );

/** The current profiles of these two people, and who is merged into them. */
export async function readPair(
  db: Database,
  spaceId: string,
  personIds: readonly [string, string],
): Promise<{ profiles: VersionedProfile[]; merged: Pick<MergeLink, "person_id" | "into_id">[] }> {
  const [profiles, merged] = await db.batch<VersionedProfile & MergeLink>([
    statement(
      `SELECT ${PROFILE_COLUMNS}, seq_from FROM profiles
       WHERE space_id = ?1 AND seq_to IS NULL AND person_id IN (SELECT value FROM json_each(?2))`,
      [spaceId, JSON.stringify(personIds)],
    ),
    statement(
      `SELECT person_id, into_id FROM merges
       WHERE space_id = ?1 AND seq_to IS NULL AND into_id IN (SELECT value FROM json_each(?2)) ORDER BY person_id`,
      [spaceId, JSON.stringify(personIds)],
    ),
  ]);
  return { profiles: profiles?.rows ?? [], merged: merged?.rows ?? [] };
}

/** An id of the merged person that the other profile cannot take, because it has another one. */
export interface IdLeftBehind {
  kind: "external_person_id" | "custom_id";
  id: string;
}

/**
 * Statements for behind `nextSequence`: they end the profile of `from` and link it, and the people who are merged into
 * it, to `into`. The caller's batch writes `into` anew after them.
 * @param from and `into`: the profiles as they were read. The batch fails (`isGuardFailure`) if one of them changed, or
 * if the person would have more than `MAX_MERGED` merged people.
 * @param tombstone the id and time (epoch ms) of the record that the profile ended. @param cameAlong JSON object.
 */
export function mergeStatements(
  spaceId: string,
  tombstone: { id: string; now: number },
  from: VersionedProfile,
  into: VersionedProfile,
  cameAlong: string,
  leftBehind: readonly IdLeftBehind[],
): Statement[] {
  const [fromId, intoId] = [from.person_id, into.person_id];
  return [
    versionsUnchanged(spaceId, [
      [fromId, from.seq_from],
      [intoId, into.seq_from],
    ]),
    statement(
      `INSERT INTO guard SELECT 0 FROM (
         SELECT count(*) AS n FROM merges WHERE space_id = ?1 AND into_id IN (?2, ?3) AND seq_to IS NULL) WHERE n >= ?4`,
      [spaceId, fromId, intoId, MAX_MERGED],
    ),
    statement(
      `INSERT INTO profile_deletions
         (space_id, id, person_id, external_person_id, seq, requested_at, due_at, completed_at, is_merge)
       VALUES (?1, ?2, ?3, ?4, ${THIS_SEQUENCE}, ?5, ?5, ?5, 1)`,
      [spaceId, tombstone.id, fromId, from.external_person_id, tombstone.now],
    ),
    statement(
      `UPDATE profiles SET seq_to = ${THIS_SEQUENCE} WHERE space_id = ?1 AND person_id = ?2 AND seq_to IS NULL`,
      [spaceId, fromId],
    ),
    statement(`UPDATE merges SET seq_to = ${THIS_SEQUENCE} WHERE space_id = ?1 AND into_id = ?2 AND seq_to IS NULL`, [
      spaceId,
      fromId,
    ]),
    statement(
      `INSERT INTO merges (space_id, person_id, seq_from, seq_to, into_id, came_along)
       SELECT ?1, m.person_id, ${THIS_SEQUENCE}, NULL, ?3, m.came_along FROM merges m
       WHERE m.space_id = ?1 AND m.into_id = ?2 AND m.seq_to = ${THIS_SEQUENCE}
       UNION ALL SELECT ?1, ?2, ${THIS_SEQUENCE}, NULL, ?3, ?4`,
      [spaceId, fromId, intoId, cameAlong],
    ),
    statement(
      `INSERT OR REPLACE INTO merged_ids (space_id, kind, id, person_id)
       SELECT ?1, value ->> 'kind', value ->> 'id', ?2 FROM json_each(?3)`,
      [spaceId, fromId, JSON.stringify(leftBehind)],
    ),
  ];
}
