/**
 * The native attributes: every space has them, their names start with $, and all are texts. Some require a form of the
 * text.
 */

import type { ProfileDefinition } from "../db/profiles/definitions.ts";
import { DEFAULT_SECTION } from "../db/core/sections.ts";
import { Day } from "../time/instant.ts";

/** Attribute names that start with it are reserved for native ones: a space cannot define them. */
export const NATIVE_MARK = "$";

/** The names that an attribute, native or not, may have. */
export const ATTRIBUTE_NAME = /^[\p{L}\p{N}_$][\p{L}\p{N}_$. -]{0,127}$/u;

const NAMES = {
  $address: "Address",
  $city: "City",
  $country: "Country",
  $date_of_birth: "Date of birth",
  $email_address: "Email address",
  $email_marketing: "Email marketing",
  $facebook_id: "Facebook id",
  $first_name: "First name",
  $language: "Language",
  $last_name: "Last name",
  $middle_name: "Middle name",
  $phone_number: "Phone number",
  $region: "Region",
  $sms_marketing: "SMS marketing",
  $timezone: "Time zone",
};

/** By id. */
export const NATIVE_ATTRIBUTES: readonly (ProfileDefinition & { type: "text" })[] = Object.entries(NAMES).map(
  ([id, name]) => ({ id, section_id: DEFAULT_SECTION, name, type: "text" }),
);

const BY_ID = new Map(NATIVE_ATTRIBUTES.map((each) => [each.id, each]));

export const nativeAttribute = (id: string): (ProfileDefinition & { type: "text" }) | undefined => BY_ID.get(id);

const subscription = (text: string) =>
  text === "subscribed" || text === "unsubscribed" ? null : "must be subscribed or unsubscribed.";

const FORMS = new Map<string, (text: string) => string | null>([
  ["$email_marketing", subscription],
  ["$sms_marketing", subscription],
  ["$date_of_birth", (text) => (Day.safeParse(text).success ? null : "must be a date: 1815-12-10.")],
]);

/** @returns what is wrong with a native attribute's text, in words that follow its name; null: nothing. */
export function nativeProblem(id: string, text: unknown): string | null {
  return typeof text === "string" ? (FORMS.get(id)?.(text) ?? null) : null;
}
