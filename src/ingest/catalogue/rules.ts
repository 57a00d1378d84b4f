/**
 * Rules of some built-in definitions beyond the types of their properties, by the definition's id. A custom definition
 * with such an id, older than the catalogue, has no rules.
 */

import { NOT_AN_ID } from "../../names.ts";
import { isSessionId, readSessionTime } from "../session-values.ts";
import { truncate } from "../truncate.ts";

type Sent = Readonly<Record<string, unknown>>;

type Check = (value: unknown) => string | null;

export interface IngestRules {
  /** Completes the sent properties before they are checked: values may have any type. */
  complete?: (sent: Sent) => Sent;
  /** By property: what is wrong with a value of the right type, or null. */
  values?: ReadonlyMap<string, Check>;
  /** The event's session is that of its property `sessionId`, where it names none itself. */
  isOfSession?: true;
  /** An event whose person has no profile creates a profile of this type. */
  createsProfileOfType?: string;
}

/** The URL of a page view is truncated to this length. */
export const MAX_URL_CHARACTERS = 1_500;

const DEVICE_TYPES: readonly unknown[] = ["unknown", "mobile", "tablet", "desktop", "spider", "TV", "console"];
const UTM = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"];

const sessionTime: Check = (value) =>
  readSessionTime(value) === null
    ? "must be a date and time as DD/MM/YYYY HH:MM:ss, for example 31/01/2026 09:30:00."
    : null;

const sessionId: Check = (value) => (isSessionId(value) ? null : `must be the id of a session. ${NOT_AN_ID}`);

const sessionLength: Check = (value) => (Number(value) < 0 ? "must not be negative." : null);

/** The type of a session that says none. */
const WEB = "Web";

/** A session is of type Web unless it says another. Without UTM values it came directly. An empty text is no value. */
function webSession(sent: Sent): Sent {
  const sessionType = sent["sessionType"] ?? WEB;
  const tagged = UTM.some((name) => (sent[name] ?? "") !== "");
  return { ...sent, sessionType, ...(sessionType !== WEB || tagged ? {} : { utm_source: "direct" }) };
}

function truncateUrl(sent: Sent): Sent {
  const url = sent["url"];
  return typeof url === "string" ? { ...sent, url: truncate(url, MAX_URL_CHARACTERS) } : sent;
}

const path: Check = (value) => (String(value).startsWith("/") ? null : "must start with /.");

const deviceType: Check = (value) =>
  DEVICE_TYPES.includes(value) ? null : `must be one of ${DEVICE_TYPES.join(", ")}.`;

const portion: Check = (value) => (Number(value) >= 0 && Number(value) <= 1 ? null : "must be between 0.0 and 1.0.");

const checks = (values: Record<string, Check>): ReadonlyMap<string, Check> => new Map(Object.entries(values));

const CHATBOT: IngestRules = { createsProfileOfType: "Customer" };

const SESSION: IngestRules = { complete: webSession, isOfSession: true };

const RULES: ReadonlyMap<string, IngestRules> = new Map<string, IngestRules>([
  ["sessionStarted", { ...SESSION, values: checks({ sessionId, sessionStart: sessionTime }) }],
  ["sessionEnded", { ...SESSION, values: checks({ sessionId, sessionEnd: sessionTime, sessionLength }) }],
  ["pageView", { complete: truncateUrl, values: checks({ path, deviceType }) }],
  ["viewPortionSet", { values: checks({ portion }) }],
  ["chatbotSessionStarted", CHATBOT],
  ["chatbotSessionEnded", CHATBOT],
  ["chatbotSessionFailedToStart", CHATBOT],
]);

const NONE: IngestRules = {};

/** The rules of a definition; most have none. */
export function rulesOf(definition: { id: string; category: string }): IngestRules {
  return definition.category === "custom" ? NONE : (RULES.get(definition.id) ?? NONE);
}
