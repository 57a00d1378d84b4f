/** A new API key. Its text is returned once; the database stores the id and the secret's SHA-256. */

import type { Runtime } from "../../runtime.ts";
import { sha256 } from "../middleware/authentication.ts";

/** @returns the key's id, the key as its holder sends it, and what is stored of its secret, in hex. */
export async function createKey(runtime: Runtime): Promise<{ id: string; key: string; secretSha256: string }> {
  const id = Buffer.from(runtime.randomBytes(12)).toString("hex");
  const secret = Buffer.from(runtime.randomBytes(32)).toString("base64url");
  return { id, key: `spw_${id}_${secret}`, secretSha256: Buffer.from(await sha256(secret)).toString("hex") };
}
