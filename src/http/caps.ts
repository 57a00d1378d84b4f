/** The limit of a space's definitions and segments. */

import { type Capped, hasRoomFor } from "../db/core/caps.ts";
import type { SpaceRow } from "../db/tenants/spaces.ts";
import { SpillwayError } from "../errors.ts";
import type { Call } from "./route.ts";

/** What to do then. Attributes, tags and topics cannot be deleted. */
const WAYS_OUT: Record<Capped, string> = {
  "event definition": "Delete one that never had an event, or use one that exists.",
  attribute: "Use one that exists.",
  tag: "Use one that exists.",
  topic: "Use one that exists.",
  segment: "Delete one first.",
};

/** @throws conflict when the space has as many of this kind as it may have, and not this one. */
export async function refuseOneTooMany(call: Call, space: SpaceRow, kind: Capped, id: string): Promise<void> {
  const { definitionLimit: limit } = call.config;
  if (await hasRoomFor(call.databases.space(space.id), space.id, kind, id, limit)) return;
  throw new SpillwayError("conflict", `A space may have at most ${limit} ${kind}s. ${WAYS_OUT[kind]}`);
}
