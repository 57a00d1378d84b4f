/**
 * Who calls. A key is `spw_<key id>_<secret>`; only the secret's SHA-256 is stored, and it is compared in constant time,
 * against nothing's hash too when there is no such key.
 */

import { findKeyWithSpace } from "../../db/tenants/api-keys.ts";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { SpillwayError } from "../../errors.ts";
import type { Runtime } from "../../runtime.ts";
import type { Call, Route, Scope } from "../route.ts";

const KEY = /^spw_([0-9a-f]{24})_([A-Za-z0-9_-]{43})$/;

const NO_SPACE: SpaceRow = {
  id: "",
  name: "",
  timezone: "UTC",
  retention_days: 1,
  status: "active",
  external_id: "",
  created_at: 0,
};

/** @returns a new key, shown once, and what is stored of it. */
export async function makeKey(runtime: Runtime): Promise<{ id: string; key: string; secretSha256: string }> {
  const id = Buffer.from(runtime.randomBytes(12)).toString("hex");
  const secret = Buffer.from(runtime.randomBytes(32)).toString("base64url");
  return { id, key: `spw_${id}_${secret}`, secretSha256: Buffer.from(await sha256(secret)).toString("hex") };
}

/**
 * The caller's space, where the route allows the caller.
 * @throws unauthenticated, forbidden, space_inactive.
 */
export async function authenticate(call: Call, auth: Route["auth"]): Promise<SpaceRow> {
  if (auth === "none") return NO_SPACE;
  const token = /^Bearer ([^\s]+)$/i.exec(call.request.headers.get("authorization") ?? "")?.[1];
  if (auth === "admin") {
    if (token === undefined || !(await sameText(token, call.config.adminToken)))
      throw new SpillwayError("unauthenticated");
    return NO_SPACE;
  }
  return spaceOfKey(call, token ?? "", auth);
}

async function spaceOfKey(call: Call, token: string, auth: Scope | "key"): Promise<SpaceRow> {
  const [, keyId, secret] = KEY.exec(token) ?? [];
  if (keyId === undefined || secret === undefined) throw new SpillwayError("unauthenticated");
  const found = await findKeyWithSpace(call.databases.control, keyId);
  const stored = found === null ? new Uint8Array(32) : Buffer.from(found.secret_sha256, "hex");
  const same = crypto.subtle.timingSafeEqual(await sha256(secret), stored);
  if (found === null || !same) throw new SpillwayError("unauthenticated");
  const { secret_sha256: _, scopes, ...space } = found;
  if (auth !== "key" && !(JSON.parse(scopes) as string[]).includes(auth))
    throw new SpillwayError("forbidden", `This key lacks the scope ${auth}.`);
  if (space.status === "inactive") throw new SpillwayError("space_inactive");
  return space;
}

async function sameText(a: string, b: string): Promise<boolean> {
  return crypto.subtle.timingSafeEqual(await sha256(a), await sha256(b));
}

async function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
