/** Refuses a request that names something under another section than its own: the file would have it elsewhere. */

import { DEFAULT_SECTION } from "../../../db/core/sections.ts";
import { AFTER_EVERY_WRITE } from "../../../db/core/sequences.ts";
import { type Fault, invalid } from "../../../errors.ts";
import { definitionsAt } from "../../../ingest/definitions.ts";
import { profileDefinitionsAt } from "../../../ingest/profile-definitions.ts";
import type { Call } from "../../route.ts";
import type { Named, ReadRequest } from "./request.ts";

/** An attribute or tag without a definition is in the default section. Unknown events are left to the core. */
export async function checkSections(call: Call, spaceId: string, asked: ReadRequest): Promise<void> {
  const { attributes, tags, events } = asked;
  const db = call.databases.space(spaceId);
  const [ofAttributes, ofTags, ofEvents] = await Promise.all([
    profileDefinitionsAt(db, spaceId, AFTER_EVERY_WRITE, "attribute", idsOf(attributes)),
    profileDefinitionsAt(db, spaceId, AFTER_EVERY_WRITE, "tag", idsOf(tags)),
    events.length === 0 ? [] : definitionsAt(db, spaceId, AFTER_EVERY_WRITE, idsOf(events)),
  ]);
  const known = new Set(ofEvents.map(({ id }) => id));
  const faults = [
    ...misplaced(attributes, ofAttributes),
    ...misplaced(tags, ofTags),
    ...misplaced(
      events.filter(({ id }) => known.has(id)),
      ofEvents,
    ),
  ];
  if (faults.length > 0) throw invalid(...faults);
}

const idsOf = (named: readonly Named[]) => named.map(({ id }) => id);

function misplaced(named: readonly Named[], definitions: readonly { id: string; section_id: string }[]): Fault[] {
  const sections = new Map(definitions.map(({ id, section_id }) => [id, section_id]));
  return named.flatMap(({ id, section, at }) => {
    const own = sections.get(id) ?? DEFAULT_SECTION;
    return own === section ? [] : [{ pointer: at, detail: `${id} is in the section ${own}, not in ${section}.` }];
  });
}
