/** The parameters of an export of a segment's profiles: names and limits. freeze.ts checks how they fit together. */

import * as z from "zod";
import { distinct, distinctNames } from "../distinct.ts";
import { Instant } from "../../time/instant.ts";
import { isOneLine, NOT_ONE_LINE } from "../../names.ts";

export const MAX_MONTHS = 3;

const name = z.string().min(1).max(200).refine(isOneLine, NOT_ONE_LINE);

const names = (max: number, list = distinct<typeof name>) => list(z.array(name).max(max)).optional();

export const shape = {
  segment: name
    .optional()
    .describe("A segment's id: only the profiles that are in it at the snapshot. Default: every profile."),
  attributes: names(75, distinctNames).describe(
    "Ids of attributes, native (`$email_address`) or the space's own. A profile has those that it has a value of. Without any attribute or tag the result has no profiles.",
  ),
  tags: names(25).describe("Ids of tags. A profile's tags are listed among its attributes, with the value null."),
  events: names(200).describe("Ids of event definitions. Needs `start_at`."),
  include_topics: z.boolean().default(false).describe("Adds the consents of each profile to topics."),
  start_at: Instant.optional().describe(
    "Start of the events' window, inclusive, by the time at which they occurred. Required with `events`, and then within the space's retention.",
  ),
  end_at: Instant.optional().describe(
    `End of the events' window, exclusive. At most ${MAX_MONTHS} months after \`start_at\`, by the calendar and clocks of the space's time zone; it may be in the future. Default: 7 days of 24 hours after \`start_at\`.`,
  ),
} as const;

export type SegmentProfilesRequest = z.output<z.ZodObject<typeof shape>>;
