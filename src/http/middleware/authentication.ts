/**
 * Authentication. A key is `spw_<key id>_<secret>`; only the secret's SHA-256 is stored, and it is compared in constant
 * time, against a dummy hash when the key is unknown, so that response times reveal nothing.
 */

import type { MiddlewareHandler } from "hono";
import type { ReadHome } from "../../db/core/home-cache.ts";
import { findKeyWithSpace } from "../../db/tenants/api-keys.ts";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { SpillwayError } from "../../errors.ts";
import { iso } from "../../time/names.ts";
import { authorizationOf, type Credentials } from "../conventions.ts";
import { type PortalSession, sessionOf } from "../portal/session.ts";
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
  dialects: "{}",
  branding: "{}",
  portal_origins: "[]",
  home: "",
  created_at: 0,
};

interface Caller {
  space: SpaceRow;
  scopes: readonly Scope[];
  /** Null: the caller has no key for web pages. */
  origins: readonly string[] | null;
  /** Empty: the caller has no key. */
  keyId: string;
  /** Null: the caller is not in a portal. */
  session: PortalSession | null;
  /** Where the space's home was read with its key: as which, and when. */
  home: ReadHome | null;
}

/**
 * Sets the caller's space, and the scopes and origins of its key, or its portal session.
 * @param credentials how the API's requests carry a key.
 * @throws unauthenticated.
 */
export function authenticate(auth: Route["auth"], credentials: Credentials): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { call } = c.var;
    const { space, scopes, origins, keyId, session, home } = await callerOf(call, auth, credentials);
    if (space.id !== "") {
      call.notes["space_id"] = space.id;
      if (home !== null) call.databases.learnHome(space.id, home);
      credentials.admit?.(call, space);
    }
    c.set("space", space);
    c.set("scopes", scopes);
    c.set("origins", origins);
    c.set("keyId", keyId);
    c.set("session", session);
    await next();
    if (call.request.method !== "GET" && (auth === "admin" || auth === "settings:write")) call.keys.clear();
  };
}

/**
 * Refuses an authenticated caller who may not use the operation. It runs after the limit of every call, so that refused
 * calls count too.
 * @throws forbidden, space_inactive.
 */
export function authorize({
  auth,
  pages,
  portal = [],
}: Pick<Route, "auth" | "pages" | "portal">): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { call, space, scopes, origins, session } = c.var;
    if (origins !== null) requirePage(call, origins, pages === true);
    if (session !== null) requirePortal(session, portal);
    else if (auth !== "none" && auth !== "admin" && auth !== "key" && auth !== "portal" && !scopes.includes(auth))
      throw new SpillwayError("forbidden", `This key lacks the scope ${auth}. Use a key that has it.`);
    if (space.status === "inactive") throw new SpillwayError("space_inactive");
    if (auth === "portal" && session === null)
      throw new SpillwayError("forbidden", "This call is for portal sessions, not for API keys: open a link.");
    await next();
  };
}

/** @throws forbidden. */
function requirePortal({ scopes }: PortalSession, portal: readonly Scope[]): void {
  if (portal.some((scope) => scopes.includes(scope))) return;
  const detail =
    portal.length === 0
      ? "A portal session may not make this call: GET /v1/portal-session shows what it may do. Use an API key on your own servers."
      : `This portal session lacks the scope ${portal.join(" or ")}. Ask for a link that has it.`;
  throw new SpillwayError("forbidden", detail);
}

/** Refuses a key with origins for all but calls from pages of these origins. @throws forbidden. */
function requirePage({ request, url }: Call, origins: readonly string[], isOpen: boolean): void {
  const refuse = (detail: string) => new SpillwayError("forbidden", `This key is for web pages: ${detail}`);
  if (!isOpen) throw refuse("it may call POST /v1/events alone. Use a key without origins for other calls.");
  if (url.searchParams.has("dry_run"))
    throw refuse("it may not send dry_run. Use a key without origins to try events.");
  const origin = request.headers.get("origin");
  if (origin === null)
    throw refuse(
      "the header Origin must name one of its origins, and is missing. Use a key without origins on servers.",
    );
  if (!origins.includes(origin))
    throw refuse(`its origins do not include ${origin.slice(0, 200)}. Create a key that has this origin.`);
}

async function callerOf(call: Call, auth: Route["auth"], { keyOf, sessions }: Credentials): Promise<Caller> {
  if (auth === "none") return NO_CALLER;
  const inPortal = auth !== "admin" && sessions === true ? await sessionOf(call) : null;
  if (inPortal !== null) return { ...NO_CALLER, ...inPortal, scopes: inPortal.session.scopes };
  if (auth === "portal" && !call.request.headers.has("authorization"))
    throw unauthenticated("There is no portal session: open a link.");
  if (auth !== "admin") return callerOfKey(call, await keyOf(call), !ALWAYS_LOOKED_UP.has(auth));
  await requireOperator(call);
  return NO_CALLER;
}

/** For what only the operator may see. @throws unauthenticated, rate_limited. */
export const requireOperator = (call: Call): Promise<void> =>
  checkOperator(call, authorizationOf(call.request, "Bearer", "the operator's token"));

const NO_CALLER: Caller = { space: NO_SPACE, scopes: [], origins: null, keyId: "", session: null, home: null };

/** Calls that change settings or begin exports act on the space as it is now. They are rare. */
const ALWAYS_LOOKED_UP: ReadonlySet<Route["auth"]> = new Set(["settings:write", "exports:write"]);

const unauthenticated = (detail: string) => new SpillwayError("unauthenticated", detail);

/**
 * Compares the operator's token. An address from which too many wrong tokens came has to wait, whatever token it sends:
 * otherwise the answer would still tell a right guess.
 * @throws unauthenticated, rate_limited.
 */
async function checkOperator({ request, config, runtime, adminFailures }: Call, token: string): Promise<void> {
  const address = request.headers.get("cf-connecting-ip") ?? "";
  const waitSeconds = Math.ceil(adminFailures.waitMs(address, runtime.now()) / 1000);
  if (waitSeconds > 0)
    throw new SpillwayError(
      "rate_limited",
      `Too many wrong operator tokens came from this address. Wait ${waitSeconds} seconds.`,
      { retryAfterSeconds: waitSeconds },
    );
  if (await sameText(token, config.adminToken)) return;
  // An API key is a mistake, and no guess: config.ts refuses a token that looks like one.
  if (!KEY.test(token)) adminFailures.add(address, runtime.now());
  throw unauthenticated("This is not the operator's token, which this call needs. It accepts no API key.");
}

/**
 * Whom an API key is of.
 * @param token the key, as a client sends it. @param mayBeCached as the isolate looked it up some seconds ago.
 * @throws unauthenticated.
 */
export async function callerOfKey(call: Call, token: string, mayBeCached: boolean): Promise<Caller> {
  const [, keyId, secret] = KEY.exec(token) ?? [];
  if (keyId === undefined || secret === undefined)
    throw unauthenticated(
      "This token does not have the form of an API key, spw_<24 hex digits>_<43 characters>: copy the whole key.",
    );
  const now = call.runtime.now();
  const kept = mayBeCached ? call.keys.get(keyId, now) : null;
  const found = kept?.key ?? (await findKeyWithSpace(call.databases.control, keyId));
  const stored = found === null ? new Uint8Array(32) : Buffer.from(found.secret_sha256, "hex");
  const same = crypto.subtle.timingSafeEqual(await sha256(secret), stored);
  // One text for an unknown id and a wrong secret: it must not tell which ids exist.
  if (found === null || !same)
    throw unauthenticated("This API key is unknown: it was revoked, its space was deleted, or a character is wrong.");
  if (kept === null) call.keys.set(keyId, found, now);
  const { secret_sha256: _, scopes, origins, expires_at: expiresAt, is_switching: isSwitching, ...space } = found;
  if (expiresAt !== null && expiresAt <= now)
    throw unauthenticated(`This key expired at ${iso(expiresAt)}. Create a new one.`);
  return {
    space,
    scopes: JSON.parse(scopes) as Scope[],
    origins: origins === null ? null : (JSON.parse(origins) as string[]),
    keyId,
    session: null,
    home: { home: space.home, isSwitching: isSwitching === 1, readAt: kept?.readAt ?? now },
  };
}

async function sameText(a: string, b: string): Promise<boolean> {
  return crypto.subtle.timingSafeEqual(await sha256(a), await sha256(b));
}

/** The digest that is stored of a key's secret. */
export async function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
