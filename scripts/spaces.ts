/** Spaces as the operator of the local service creates them, each with a client of its own. */

import { type CreateSpaceData, type NewSpace, Spillway } from "../client/src/index.ts";
import { LOCAL_ADMIN_TOKEN } from "./stack.ts";

/** @returns the space, and a client with its first key. */
export async function createSpace(
  origin: string,
  space: CreateSpaceData["body"],
): Promise<{ space: NewSpace; client: Spillway }> {
  const created = await new Spillway({ origin, key: LOCAL_ADMIN_TOKEN }).spaces.create(space);
  return { space: created, client: new Spillway({ origin, key: created.api_key }) };
}
