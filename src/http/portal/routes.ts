/**
 * /v1/portal-links: a space's own backend makes a link for its customer. /v1/portal-session: the portal's page
 * exchanges the link's token for a session, reads it, and ends it.
 */

import * as z from "zod";
import { listDestinations } from "../../db/tenants/destinations.ts";
import { endSession, insertLink, openLink } from "../../db/tenants/portal-sessions.ts";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { type Fault, invalid, SpillwayError } from "../../errors.ts";
import { iso } from "../../time/names.ts";
import { refuseForeignScopes } from "../api-keys/scopes.ts";
import { countCallOf } from "../middleware/rate-limit.ts";
import { resource } from "../resource.ts";
import { type Call, json, PORTAL_SCOPES, route } from "../route.ts";
import { nameOf, Time } from "../schemas.ts";
import { Branding, brandingOf } from "../spaces/branding.ts";
import {
  asSession,
  linkOf,
  newId,
  newToken,
  PAGE_HEADER,
  type PortalSession,
  requireOwnPage,
  sessionCookie,
} from "./session.ts";

const MAX_DESTINATIONS = 50;
/** Links and sessions of a space that have not expired. */
const MAX_OPEN = 10_000;

const distinct = (items: readonly string[]) => new Set(items).size === items.length;

const NewLink = z.strictObject({
  scopes: z
    .array(z.enum(PORTAL_SCOPES))
    .min(1)
    .refine(distinct, "must name each scope at most once.")
    .meta({ description: "What the session may do: at most what the key may that makes the link." }),
  expires_in_seconds: z
    .number()
    .int()
    .min(60)
    .max(86_400)
    .default(3_600)
    .meta({ description: "How long the link can be opened, and how long the session then lasts." }),
  destination_ids: z
    .array(z.uuid())
    .max(MAX_DESTINATIONS)
    .refine(distinct, "must name each destination at most once.")
    .nullish()
    .meta({
      description:
        "The destinations that the session sees, renames, tests and delivers to. It then makes and deletes none, leads none elsewhere, and names no bucket itself. By default all of the space.",
    }),
});

const Link = z
  .object({
    url: z
      .string()
      .meta({ description: "The address of the space's portal, with the token in its fragment. It opens once." }),
    expires_at: Time.meta({ description: "The link can be opened until then." }),
  })
  .meta({ id: "PortalLink" });

const Session = z
  .object({
    id: z.string().meta({
      description: `Not secret. A page that sends it as \`${PAGE_HEADER}\`, in place of \`1\`, is refused (401) when another link has replaced its session in the browser.`,
    }),
    scopes: z.array(z.enum(PORTAL_SCOPES)),
    destination_ids: z.array(z.string()).nullable().meta({ description: "Null: all destinations of the space." }),
    expires_at: Time,
    space: z.object({ id: z.uuid(), name: z.string(), timezone: z.string(), branding: Branding }),
  })
  .meta({ id: "PortalSession" });

const FROM_PAGE = `A write of a portal session has the header \`${PAGE_HEADER}: 1\` and the service's own \`Origin\`, so that no other site can make a browser send it.`;

export const portalLinksResource = resource("/v1/portal-links", "Portal", [
  route({
    method: "POST",
    operationId: "createPortalLink",
    summary: "Create a link to the portal",
    description:
      "Makes a link for one of your customers. Whoever opens it first gets a session with these scopes. The link and its session end when the API key that made the link is revoked or expires.",
    auth: "settings:write",
    body: { schema: NewLink, example: { scopes: ["exports:read", "exports:write"], expires_in_seconds: 3_600 } },
    responses: { 201: { description: "The link. It is returned only here.", schema: Link } },
    errors: ["conflict"],
    async handle(call, { space, scopes, keyId, body }) {
      refuseForeignScopes(scopes, body.scopes);
      const ids = body.destination_ids ?? null;
      if (ids !== null) await checkDestinations(call, space.id, ids);
      const id = newId(call);
      const { token, sha256 } = await newToken(call, "spl", id);
      const now = call.runtime.now();
      const lengthMs = body.expires_in_seconds * 1_000;
      const link = {
        id,
        space_id: space.id,
        key_id: keyId,
        link_sha256: sha256,
        scopes: JSON.stringify(body.scopes),
        destination_ids: ids === null ? null : JSON.stringify(ids),
        length_ms: lengthMs,
        expires_at: now + lengthMs,
        created_at: now,
      };
      if (!(await insertLink(call.databases.control, link, MAX_OPEN)))
        throw new SpillwayError(
          "conflict",
          `A space may have at most ${MAX_OPEN} links and sessions at a time. Wait until some have expired.`,
        );
      return json(
        { url: `${call.url.origin}/portal/${space.id}#${token}`, expires_at: iso(link.expires_at) },
        201,
        NO_STORE,
      );
    },
  }),
]);

const NO_STORE = { "cache-control": "no-store" };

export const portalSessionResource = resource("/v1/portal-session", "Portal", [
  route({
    method: "POST",
    operationId: "openPortalLink",
    summary: "Open a link to the portal",
    description: `The portal's page exchanges the token of a link for a session, once: the cookie \`__Host-spillway_portal\` (\`HttpOnly; Secure; SameSite=Lax\`, and where the page is framed \`SameSite=None; Partitioned\`). ${FROM_PAGE}`,
    auth: "none",
    body: {
      schema: z.strictObject({
        token: z.string().min(1).max(200).meta({ description: "The fragment of the link's address, without `#`." }),
        space_id: nameOf(100).optional().meta({
          description:
            "The space of the link's address. A token of another space's link is then refused, and stays unopened.",
        }),
        framed: z.boolean().default(false).meta({
          description: "The portal is in a frame of another site: the space's `portal_origins` must name one.",
        }),
      }),
      example: { token: "spl_<id>_<secret>" },
    },
    responses: {
      201: {
        description: "The session has begun.",
        schema: Session,
        headers: { "Set-Cookie": "The session." },
      },
    },
    errors: ["unauthenticated", "forbidden", "gone", "space_inactive", "rate_limited"],
    async handle(call, { body }) {
      requireOwnPage(call);
      const { control } = call.databases;
      const link = await linkOf(call, body.token);
      if (body.space_id !== undefined && body.space_id !== link.space_id)
        throw invalid({ pointer: "/space_id", detail: "This link is of another space: open its own address." });
      call.notes["space_id"] = link.space_id;
      await countCallOf(call, link);
      if (link.status === "inactive") throw new SpillwayError("space_inactive");
      if (body.framed && link.portal_origins === "[]")
        throw invalid({ pointer: "/framed", detail: "The space has no portal_origins: no page may frame its portal." });
      const now = call.runtime.now();
      const { token, sha256 } = await newToken(call, "sps", link.link_id);
      if (!(await openLink(control, link.space_id, link.link_id, { now, sessionSha256: sha256 }))) {
        await linkOf(call, body.token);
        throw new SpillwayError("conflict", "Another call opened this link at the same time.");
      }
      const session = asSession(link.link_id, { ...link, expires_at: now + link.length_ms });
      const cookie = sessionCookie(token, link.length_ms / 1_000, body.framed);
      return json(show(session, link), 201, { ...NO_STORE, "set-cookie": cookie });
    },
  }),
  route({
    method: "GET",
    operationId: "getPortalSession",
    summary: "Show the portal session",
    auth: "portal",
    portal: PORTAL_SCOPES,
    responses: { 200: { description: "The session of the cookie.", schema: Session } },
    async handle(_call, { space, session }) {
      return json(show(sessionIn(session), space), 200, NO_STORE);
    },
  }),
  route({
    method: "DELETE",
    operationId: "endPortalSession",
    summary: "End the portal session",
    description: FROM_PAGE,
    auth: "portal",
    portal: PORTAL_SCOPES,
    responses: { 204: { description: "The session has ended.", headers: { "Set-Cookie": "Removes the cookie." } } },
    async handle(call, { space, session }) {
      await endSession(call.databases.control, space.id, sessionIn(session).id, call.runtime.now());
      const headers = new Headers();
      for (const framed of [false, true]) headers.append("set-cookie", sessionCookie("", 0, framed));
      return new Response(null, { status: 204, headers });
    },
  }),
]);

/** The session of a call that only sessions may make: authentication has refused all others. */
function sessionIn(session: PortalSession | null): PortalSession {
  if (session === null) throw new Error("a call of the portal has no session");
  return session;
}

/** @throws invalid_request naming each id that is none of the space's destinations. */
async function checkDestinations(call: Call, spaceId: string, ids: readonly string[]): Promise<void> {
  const known = await listDestinations(call.databases.control, spaceId, MAX_DESTINATIONS, null);
  const faults: Fault[] = ids.flatMap((id, index) =>
    known.some((each) => each.id === id)
      ? []
      : [{ pointer: `/destination_ids/${index}`, detail: "The space has no destination with this id." }],
  );
  if (faults.length > 0) throw invalid(...faults);
}

const show = (session: PortalSession, space: SpaceRow) => ({
  id: session.id,
  scopes: session.scopes,
  destination_ids: session.destinationIds,
  expires_at: iso(session.expiresAt),
  space: { id: space.id, name: space.name, timezone: space.timezone, branding: brandingOf(space) },
});
