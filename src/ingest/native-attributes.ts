/**
 * The attributes that every space has, each with its meaning: their names begin with $. All are texts; of some the text
 * itself is held to a form.
 */

import * as z from "zod";
import type { ProfileDefinition } from "../db/profiles/definitions.ts";
import { DEFAULT_SECTION } from "../db/core/sections.ts";

/** What begins so is native, or will be: no space defines it. */
export const NATIVE_MARK = "$";

/** What an attribute, native or not, may be called. */
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

const day = z.iso.date();

const FORMS = new Map<string, (text: string) => string | null>([
  ["$email_marketing", subscription],
  ["$sms_marketing", subscription],
  ["$date_of_birth", (text) => (day.safeParse(text).success ? null : "must be a date: 1815-12-10.")],
]);

/** What is wrong with the text of a native attribute, in words that follow its name; null: nothing. */
export function nativeProblem(id: string, text: unknown): string | null {
  return typeof text === "string" ? (FORMS.get(id)?.(text) ?? null) : null;
}
