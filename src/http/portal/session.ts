/**
 * Sessions of a space's portal. A link has its token in the address's fragment, which no server sees; the page
 * exchanges it once for a session, whose token is in a cookie that scripts cannot read. Both tokens are
 * `<prefix>_<id>_<secret>`, and the database has hashes of the secrets alone.
 */

import { parse, serialize } from "hono/utils/cookie";
import { findPortalSession, type PortalSessionWithSpace } from "../../db/tenants/portal-sessions.ts";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { SpillwayError } from "../../errors.ts";
import { sha256Hex, utf8 } from "../../outbound/s3.ts";
import { iso } from "../../time/names.ts";
import type { Call, Scope } from "../route.ts";

/** The prefix `__Host-` makes browsers accept the cookie from this host alone, over https. */
const COOKIE = "__Host-spillway_portal";
const TOKEN = /^(spl|sps)_([0-9a-f]{24})_([A-Za-z0-9_-]{43})$/;
/**
 * A page of another origin cannot send it without asking first, and is never allowed to. Its value is the id of the
 * session that the page shows, or `1` before there is one.
 */
export const PAGE_HEADER = "Spillway-Portal";
const NO_SESSION_SHOWN = "1";
const PAGE_VALUE = /^(1|[0-9a-f]{24})$/;

/** Who acts in a portal. */
export interface PortalSession {
  id: string;
  scopes: readonly Scope[];
  /** The destinations that it may see and deliver to; null: all of the space, which it may change too. */
  destinationIds: readonly string[] | null;
  /** Epoch ms. */
  expiresAt: number;
}

/** A new secret, and what is stored of it. */
export async function newToken({ runtime }: Pick<Call, "runtime">, prefix: "spl" | "sps", id: string) {
  const secret = Buffer.from(runtime.randomBytes(32)).toString("base64url");
  return { token: `${prefix}_${id}_${secret}`, sha256: await sha256Hex(utf8(secret)) };
}

export const newId = ({ runtime }: Pick<Call, "runtime">) => Buffer.from(runtime.randomBytes(12)).toString("hex");

const unauthenticated = (detail: string) => new SpillwayError("unauthenticated", detail);
const gone = (detail: string) => new SpillwayError("gone", detail);

/**
 * The link of a token, which may be opened now.
 * @throws unauthenticated for a token that no link has; gone for a link that was opened, has expired or was revoked.
 */
export async function linkOf(call: Call, token: string): Promise<PortalSessionWithSpace & { link_id: string }> {
  const { id, row } = await find(call, "spl", token);
  if (row === null)
    throw unauthenticated("This link is unknown: a character is missing or wrong, or it was made long ago.");
  if (row.has_key === 0) throw gone("The API key that made this link was revoked or has expired. Ask for a new link.");
  if (row.opened_at !== null)
    throw gone(`This link was opened already, at ${iso(row.opened_at)}. It opens once: ask for a new link.`);
  if (row.expires_at <= call.runtime.now())
    throw gone(`This link expired at ${iso(row.expires_at)}. Ask for a new link.`);
  return { ...row, link_id: id };
}

/**
 * The portal session of a request that has no API key, by its cookie.
 * @returns null for a request without the cookie.
 * @throws unauthenticated for a session that has ended; forbidden for a write that is not of the portal's page.
 */
export async function sessionOf(call: Call): Promise<{ session: PortalSession; space: SpaceRow } | null> {
  const { request, runtime } = call;
  const cookies = request.headers.get("cookie");
  if (cookies === null || request.headers.has("authorization")) return null;
  const token = parse(cookies, COOKIE)[COOKIE];
  if (token === undefined) return null;
  const { id, row } = await find(call, "sps", token);
  const again = "Open a new link.";
  if (row === null) throw unauthenticated(`This portal session is unknown. ${again}`);
  requireShown(request, id);
  if (row.has_key === 0)
    throw unauthenticated(`The API key that made this portal session's link was revoked or has expired. ${again}`);
  if (row.ended_at !== null) throw unauthenticated(`This portal session was ended. ${again}`);
  if (row.expires_at <= runtime.now())
    throw unauthenticated(`This portal session ended at ${iso(row.expires_at)}. ${again}`);
  if (request.method !== "GET" && request.method !== "HEAD") requireOwnPage(call);
  return { session: asSession(id, row), space: row };
}

/**
 * A browser has one session: a link that is opened in another tab replaces it under a page that is still open, which
 * must not act for the other link's space and destinations.
 * @throws unauthenticated where the page shows another session than the cookie's.
 */
function requireShown({ headers }: Request, id: string): void {
  const shown = headers.get(PAGE_HEADER);
  if (shown === null || shown === NO_SESSION_SHOWN || shown === id) return;
  throw unauthenticated(
    "Another link was opened in this browser, and its session replaced the one that this page shows. Load the page again.",
  );
}

/** A stored session. @param row its scopes and destinations are those of its link. */
export const asSession = (
  id: string,
  row: Pick<PortalSessionWithSpace, "scopes" | "destination_ids" | "expires_at">,
): PortalSession => ({
  id,
  scopes: JSON.parse(row.scopes) as Scope[],
  destinationIds: row.destination_ids === null ? null : (JSON.parse(row.destination_ids) as string[]),
  expiresAt: row.expires_at,
});

/** The row of a token: its link's, or its session's. Null for an unknown one. */
async function find(call: Call, prefix: "spl" | "sps", token: string) {
  const [, sent, id = "", secret = ""] = TOKEN.exec(token) ?? [];
  const row = sent === prefix ? await findPortalSession(call.databases.control, id, call.runtime.now()) : null;
  const stored = (prefix === "spl" ? row?.link_sha256 : row?.session_sha256) ?? "0".repeat(64);
  const hashed = await sha256Hex(utf8(secret));
  const same = crypto.subtle.timingSafeEqual(Buffer.from(hashed, "hex"), Buffer.from(stored, "hex"));
  return { id, row: same ? row : null };
}

/**
 * Refuses a write that another site may have made a browser send.
 * @throws forbidden unless it has the portal's header, and its origin is the service's own.
 */
export function requireOwnPage({ request, url }: Pick<Call, "request" | "url">): void {
  const refuse = (detail: string) => new SpillwayError("forbidden", detail);
  if (!PAGE_VALUE.test(request.headers.get(PAGE_HEADER) ?? ""))
    throw refuse(
      `A write of a portal session needs the header \`${PAGE_HEADER}: 1\`, which only the portal's page sends.`,
    );
  const origin = request.headers.get("origin");
  if (origin !== url.origin)
    throw refuse(
      `A write of a portal session must come from a page of ${url.origin}: the header Origin ${origin === null ? "is missing" : "names another origin"}.`,
    );
}

/** `Set-Cookie` of a session. @param framed the portal is shown in a page of another site. */
export function sessionCookie(token: string, seconds: number, framed: boolean): string {
  const always = { path: "/", secure: true, httpOnly: true, maxAge: seconds } as const;
  return serialize(
    COOKIE,
    token,
    framed ? { ...always, sameSite: "None", partitioned: true } : { ...always, sameSite: "Lax" },
  );
}
