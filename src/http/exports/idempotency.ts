/** The header Idempotency-Key, which makes a create repeatable. */

import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { invalid } from "../../errors.ts";
import { isKnownKey } from "../../export/api/idempotency.ts";
import type { Call } from "../route.ts";

const MAX_CHARACTERS = 255;

/** @throws invalid_request for a key that is too long or empty. */
export function idempotencyKey(call: Call): string | null {
  const key = call.request.headers.get("idempotency-key");
  if (key === null || isKey(key)) return key;
  const detail = `Idempotency-Key must have 1 to ${MAX_CHARACTERS} characters.`;
  throw invalid({ pointer: "#header/Idempotency-Key", detail });
}

/** A repeated create starts no new export, so it counts as a poll. @throws as idempotencyKey. */
export async function limitOfCreate(call: Call, space: SpaceRow): Promise<"create" | "poll"> {
  const key = idempotencyKey(call);
  return key !== null && (await isKnownKey(call.context, space.id, key)) ? "poll" : "create";
}

const isKey = (key: string) => key.length > 0 && key.length <= MAX_CHARACTERS;
