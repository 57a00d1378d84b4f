/**
 * Authentication. A key is `spw_<key id>_<secret>`; only the secret's SHA-256 is stored, and it is compared in constant
 * time, against a dummy hash when the key is unknown, so that response times reveal nothing.
 */

import type { MiddlewareHandler } from "hono";
import { findKeyWithSpace } from "../../db/tenants/api-keys.ts";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { SpillwayError } from "../../errors.ts";
import type { AppEnv, Call, Route, Scope } from "../route.ts";

const KEY = /^spw_([0-9a-f]{24})_([A-Za-z0-9_-]{43})$/;

/** Operators and open calls act for no space. */
const NO_SPACE: SpaceRow = {
  id: "",
  name: "",
  timezone: "UTC",
  retention_days: 1,
  status: "active",
  external_id: "",
  created_at: 0,
};

/**
 * Sets the caller's space, if the operation allows this caller.
 * @throws unauthenticated, forbidden, space_inactive.
 */
export function authenticate(auth: Route["auth"]): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { call } = c.var;
    const space = await callerOf(call, auth);
    if (space.id !== "") call.notes["space_id"] = space.id;
    c.set("space", space);
    await next();
  };
}

async function callerOf(call: Call, auth: Route["auth"]): Promise<SpaceRow> {
  if (auth === "none") return NO_SPACE;
  const token = /^Bearer ([^\s]+)$/i.exec(call.request.headers.get("authorization") ?? "")?.[1] ?? "";
  if (auth !== "admin") return spaceOfKey(call, token, auth);
  if (token === "" || !(await sameText(token, call.config.adminToken))) throw new SpillwayError("unauthenticated");
  return NO_SPACE;
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
    throw new SpillwayError("forbidden", `This key lacks the scope ${auth}. Use a key that has it.`);
  if (space.status === "inactive") throw new SpillwayError("space_inactive");
  return space;
}

async function sameText(a: string, b: string): Promise<boolean> {
  return crypto.subtle.timingSafeEqual(await sha256(a), await sha256(b));
}

/** The digest that is stored of a key's secret. */
export async function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
