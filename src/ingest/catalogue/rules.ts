/**
 * What some built-in definitions ask of their values beyond the types: data and small functions, found by the
 * definition's id. A space's own definition of such an id, older than the catalogue, is left alone.
 */

import * as z from "zod";
import { truncate } from "../truncate.ts";

type Sent = Readonly<Record<string, unknown>>;

type Check = (value: unknown) => string | null;

export interface IngestRules {
  /** Completes what was sent, before it is checked: values may be of any type yet. */
  complete?: (sent: Sent) => Sent;
  /** Property → what is wrong with a value of the right type, or null. */
  values?: ReadonlyMap<string, Check>;
  /** Where its person has no profile, it makes one of this type. */
  makesProfileOfType?: string;
}

/** Characters that the URL of a page view keeps. */
export const MAX_URL_CHARACTERS = 1_500;

const DEVICE_TYPES: readonly unknown[] = ["unknown", "mobile", "tablet", "desktop", "spider", "TV", "console"];
const UTM = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"];

const dateTime = z.iso.datetime();
const SESSION_TIME = /^(\d{2})\/(\d{2})\/(\d{4}) (\d{2}:\d{2}:\d{2})$/;

function sessionTime(value: unknown): string | null {
  const [, day, month, year, time] = SESSION_TIME.exec(String(value)) ?? [];
  return dateTime.safeParse(`${year}-${month}-${day}T${time}Z`).success
    ? null
    : "must be a day and time as DD/MM/YYYY HH:MM:ss: 31/01/2026 09:30:00.";
}

/** A visit by web that came without any UTM value came directly. An empty text is no value. */
function directUnlessTagged(sent: Sent): Sent {
  const tagged = UTM.some((name) => (sent[name] ?? "") !== "");
  return sent["sessionType"] !== "Web" || tagged ? sent : { ...sent, utm_source: "direct" };
}

function urlCut(sent: Sent): Sent {
  const url = sent["url"];
  return typeof url === "string" ? { ...sent, url: truncate(url, MAX_URL_CHARACTERS) } : sent;
}

const path: Check = (value) => (String(value).startsWith("/") ? null : "must begin with /.");

const deviceType: Check = (value) =>
  DEVICE_TYPES.includes(value) ? null : `must be one of ${DEVICE_TYPES.join(", ")}.`;

const portion: Check = (value) => (Number(value) >= 0 && Number(value) <= 1 ? null : "must be between 0.0 and 1.0.");

const checks = (values: Record<string, Check>): ReadonlyMap<string, Check> => new Map(Object.entries(values));

const CHATBOT: IngestRules = { makesProfileOfType: "Customer" };

const RULES: ReadonlyMap<string, IngestRules> = new Map<string, IngestRules>([
  ["sessionStarted", { complete: directUnlessTagged, values: checks({ sessionStart: sessionTime }) }],
  ["sessionEnded", { complete: directUnlessTagged, values: checks({ sessionEnd: sessionTime }) }],
  ["pageView", { complete: urlCut, values: checks({ path, deviceType }) }],
  ["viewPortionSet", { values: checks({ portion }) }],
  ["chatbotSessionStarted", CHATBOT],
  ["chatbotSessionEnded", CHATBOT],
  ["chatbotSessionFailedToStart", CHATBOT],
]);

const NONE: IngestRules = {};

/** The rules of a definition; mostly none. */
export function rulesOf(definition: { id: string; category: string }): IngestRules {
  return definition.category === "custom" ? NONE : (RULES.get(definition.id) ?? NONE);
}
