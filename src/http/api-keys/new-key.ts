/** A new API key. Its text is returned once; the database stores the id and the secret's SHA-256. */

import { insertKey, type KeyRow } from "../../db/tenants/api-keys.ts";
import { SpillwayError } from "../../errors.ts";
import { sha256 } from "../middleware/authentication.ts";
import type { Call, Scope } from "../route.ts";

export interface WantedKey {
  name: string;
  scopes: readonly Scope[];
  /** Null: the key is not for web pages. */
  origins: readonly string[] | null;
  /** Epoch ms; null: it never expires. */
  expiresAt: number | null;
}

/** @returns the stored key, and its text as its holder sends it. @throws conflict when the space has too many keys. */
export async function createKey(call: Call, spaceId: string, wanted: WantedKey): Promise<KeyRow & { key: string }> {
  const { runtime, databases, config } = call;
  const id = Buffer.from(runtime.randomBytes(12)).toString("hex");
  const secret = Buffer.from(runtime.randomBytes(32)).toString("base64url");
  const row: KeyRow = {
    id,
    space_id: spaceId,
    name: wanted.name,
    scopes: JSON.stringify(wanted.scopes),
    origins: wanted.origins === null ? null : JSON.stringify(wanted.origins),
    expires_at: wanted.expiresAt,
    created_at: runtime.now(),
  };
  const secretSha256 = Buffer.from(await sha256(secret)).toString("hex");
  if (!(await insertKey(databases.control, row, secretSha256, config.keyLimit)))
    throw new SpillwayError("conflict", `A space may have at most ${config.keyLimit} API keys. Delete one first.`);
  return { ...row, key: `spw_${id}_${secret}` };
}
