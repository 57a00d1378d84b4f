/** The places of the page: their addresses below the door, and the scope that each needs. */

import { texts } from "../texts.ts";
import type { Door, Scope } from "../session/session.ts";

export interface Place {
  path: string;
  name: string;
  scope: Scope;
  /** In which doors it is shown. */
  doors: readonly Door[];
}

const { nav } = texts.frame;
const BOTH = ["console", "portal"] as const;
const CONSOLE = ["console"] as const;

/** In the order of the menu. */
export const PLACES: readonly Place[] = [
  { path: "/", name: nav.overview, scope: "exports:read", doors: BOTH },
  { path: "/exports", name: nav.exports, scope: "exports:read", doors: BOTH },
  { path: "/new", name: nav.newExport, scope: "exports:write", doors: BOTH },
  { path: "/schedules", name: nav.schedules, scope: "settings:write", doors: BOTH },
  { path: "/destinations", name: nav.destinations, scope: "settings:write", doors: BOTH },
  { path: "/webhooks", name: nav.webhooks, scope: "settings:write", doors: BOTH },
  { path: "/events", name: nav.events, scope: "events:read", doors: CONSOLE },
  { path: "/segments", name: nav.segments, scope: "profiles:read", doors: CONSOLE },
  { path: "/keys", name: nav.keys, scope: "settings:write", doors: CONSOLE },
];
