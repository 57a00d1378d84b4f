/** What the OpenAPI document says of portal sessions. */

import type { Route } from "./route.ts";

/** The name of the security scheme. */
export const PORTAL = "portal";

export const PORTAL_SCHEME = {
  type: "apiKey",
  in: "cookie",
  name: "__Host-spillway_portal",
  description: "A session of a space's portal.",
} as const;

/** Ends an operation's description; empty where a session needs the scope that a key needs. */
export function portalNote({ auth, portal = [] }: Pick<Route, "auth" | "portal">): string {
  const others = portal.filter((scope) => scope !== auth);
  if (auth === "portal" || auth === "key" || others.length === 0) return "";
  return `A portal session with the scope \`${others.join("` or `")}\` gets \`id\` and \`name\` of each.`;
}
