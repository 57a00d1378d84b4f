/**
 * Rules of some built-in definitions beyond the types of their properties, by the definition's id. A custom definition
 * with such an id, older than the catalogue, has no rules.
 */

import { truncate } from "../truncate.ts";
import { Instant } from "../../time/instant.ts";

type Sent = Readonly<Record<string, unknown>>;

type Check = (value: unknown) => string | null;

export interface IngestRules {
  /** Completes the sent properties before they are checked: values may have any type. */
  complete?: (sent: Sent) => Sent;
  /** By property: what is wrong with a value of the right type, or null. */
  values?: ReadonlyMap<string, Check>;
  /** An event whose person has no profile creates a profile of this type. */
  createsProfileOfType?: string;
}

/** The URL of a page view is truncated to this length. */
export const MAX_URL_CHARACTERS = 1_500;

const DEVICE_TYPES: readonly unknown[] = ["unknown", "mobile", "tablet", "desktop", "spider", "TV", "console"];
const UTM = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"];

const SESSION_TIME = /^(\d{2})\/(\d{2})\/(\d{4}) (\d{2}:\d{2}:\d{2})$/;

function sessionTime(value: unknown): string | null {
  const [, day, month, year, time] = SESSION_TIME.exec(String(value)) ?? [];
  return Instant.safeParse(`${year}-${month}-${day}T${time}Z`).success
    ? null
    : "must be a date and time as DD/MM/YYYY HH:MM:ss, for example 31/01/2026 09:30:00.";
}

/** A web session without UTM values gets `utm_source: direct`. An empty text counts as no value. */
function directUnlessTagged(sent: Sent): Sent {
  const tagged = UTM.some((name) => (sent[name] ?? "") !== "");
  return sent["sessionType"] !== "Web" || tagged ? sent : { ...sent, utm_source: "direct" };
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

const RULES: ReadonlyMap<string, IngestRules> = new Map<string, IngestRules>([
  ["sessionStarted", { complete: directUnlessTagged, values: checks({ sessionStart: sessionTime }) }],
  ["sessionEnded", { complete: directUnlessTagged, values: checks({ sessionEnd: sessionTime }) }],
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
