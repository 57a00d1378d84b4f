/**
 * Events that the browsers of visitors send. What the request and the space tell completes them: a page cannot know all
 * of it, and need not send the rest.
 */

import { iso } from "../time/names.ts";
import type { Definition } from "./definitions.ts";
import { showSessionTime } from "./session-values.ts";
import { readUserAgent } from "./user-agent.ts";

/** Headers of a page's request; null where it has none. */
export interface PageRequest {
  userAgent: string | null;
  /** `Accept-Language`. */
  languages: string | null;
  /** `Referer`: the address of the page that makes the request. */
  referrer: string | null;
}

type Sent = Readonly<Record<string, unknown>>;

/**
 * The properties of a page's event: those of a page view with what the request tells of it, and those of a session with
 * its time. What the page sent stays as it is.
 * @param occurredAt epoch ms.
 */
export function completePage(
  { category, id }: Pick<Definition, "id" | "category">,
  sent: Sent,
  occurredAt: number,
  request: PageRequest,
  timeZone: string,
): Sent {
  if (category !== "people" || !Number.isFinite(occurredAt)) return sent;
  switch (id) {
    case "pageView":
      return withDefaults(sent, pageViewOf(sent, occurredAt, request));
    case "sessionStarted":
      return withDefaults(sent, { sessionStart: showSessionTime(occurredAt, timeZone) });
    case "sessionEnded":
      return withDefaults(sent, { sessionEnd: showSessionTime(occurredAt, timeZone) });
    default:
      return sent;
  }
}

function pageViewOf(sent: Sent, occurredAt: number, { userAgent, languages, referrer }: PageRequest): Sent {
  const language = /^\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)/.exec(languages ?? "")?.[1];
  return {
    ...addressOf(sent["url"]),
    timestamp: iso(occurredAt),
    ...readUserAgent(userAgent),
    referrer,
    browserLanguage: language ?? null,
  };
}

/** The domain and the path of a page's URL. */
function addressOf(url: unknown): Sent {
  const parsed = typeof url === "string" ? URL.parse(url) : null;
  if (parsed === null || !parsed.pathname.startsWith("/")) return {};
  return { domain: parsed.hostname, path: parsed.pathname };
}

/** A property that was sent as null counts as left out. */
function withDefaults(sent: Sent, defaults: Sent): Sent {
  const given = new Map(Object.entries(sent).filter(([, value]) => (value ?? null) !== null));
  const missing = Object.entries(defaults).filter(([name]) => !given.has(name));
  return { ...sent, ...Object.fromEntries(missing) };
}
