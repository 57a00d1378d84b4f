/** A profile as answers show it. */

import * as z from "zod";
import type { ProfileRow } from "../../db/profiles/profiles.ts";
import { Id, times, timesOf } from "../schemas.ts";

export const CONSENTS = ["opt-in", "confirmed-opt-in", "opt-out"] as const;
export const PLATFORMS = ["iOS", "Android", "Webpush"] as const;
export const installation = {
  installation_id: Id,
  platform: z.enum(PLATFORMS),
  is_optin: z.boolean(),
};

/** The value of an attribute. */
export const AttributeValue = z
  .union([z.string(), z.number(), z.boolean(), z.null()])
  .meta({ id: "AttributeValue", description: "The value of a profile's attribute." });

export const Profile = z
  .object({
    person_id: z.string(),
    external_person_id: z.string().nullable(),
    company_id: z.string().nullable(),
    type: z.string().nullable(),
    identifiers: z.record(z.string(), z.string()),
    attributes: z.record(z.string(), AttributeValue),
    tags: z.array(z.string()),
    topics: z.record(z.string(), z.record(z.string(), z.enum(CONSENTS))),
    installations: z.array(
      z.object({ ...installation, installation_id: z.string(), push_token: z.string().nullable() }),
    ),
    ...times,
  })
  .meta({ id: "Profile" });

export function show(row: ProfileRow) {
  return {
    person_id: row.person_id,
    external_person_id: row.external_person_id,
    company_id: row.company_id,
    type: row.type,
    identifiers: JSON.parse(row.identifiers) as unknown,
    attributes: JSON.parse(row.attributes) as unknown,
    tags: JSON.parse(row.tags) as unknown,
    topics: JSON.parse(row.topics) as unknown,
    installations: JSON.parse(row.installations) as unknown,
    ...timesOf(row),
  };
}
