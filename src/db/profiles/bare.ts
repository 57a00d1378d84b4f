/** Profiles that have nothing but their id. */

import { type Statement, statement } from "../core/database.ts";
import type { VersionedProfile } from "./merge-write.ts";

/** Whether a profile has nothing but its id, as events of pages create it. */
export const isBare = (profile: VersionedProfile) =>
  profile.external_person_id === null &&
  profile.company_id === null &&
  profile.type === null &&
  profile.identifiers === "{}" &&
  profile.attributes === "{}" &&
  profile.tags === "[]" &&
  profile.topics === "{}" &&
  profile.installations === "[]";

/** Fails the batch if a profile has more than its id by now. */
export const stillBare = (spaceId: string, personId: string): Statement =>
  statement(
    `INSERT INTO guard SELECT 0 FROM profiles WHERE space_id = ?1 AND person_id = ?2 AND seq_to IS NULL AND NOT (
       external_person_id IS NULL AND company_id IS NULL AND type IS NULL AND identifiers = '{}' AND attributes = '{}'
       AND tags = '[]' AND topics = '{}' AND installations = '[]')`,
    [spaceId, personId],
  );
