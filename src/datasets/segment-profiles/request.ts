/** The parameters of an export of a segment's profiles: names and limits. freeze.ts checks how they fit together. */

import * as z from "zod";
import { distinct, distinctNames } from "../distinct.ts";
import type { Combination as SegmentCombination } from "../../segments/combination.ts";
import { rejectTooLarge } from "../../segments/limits.ts";
import { Instant } from "../../time/instant.ts";
import { isOneLine, NOT_ONE_LINE } from "../../names.ts";

export const MAX_MONTHS = 3;
/** Different segments in a combination. */
export const MAX_SEGMENTS = 20;

const name = z.string().min(1).max(200).refine(isOneLine, NOT_ONE_LINE);

const names = (max: number, list = distinct<typeof name>) => list(z.array(name).max(max)).optional();

const AT = "/segments";

const Combination: z.ZodType<SegmentCombination> = z
  .union([
    z.strictObject({ segment: name }),
    z.strictObject({ all: z.lazy(() => z.array(Combination)) }),
    z.strictObject({ any: z.lazy(() => z.array(Combination)) }),
    z.strictObject({ none: z.lazy(() => z.array(Combination)) }),
  ])
  .meta({
    id: "SegmentCombination",
    description:
      "A segment by its id, or a group: `all` (the profile is in every one), `any` (in at least one), `none` (in none of them).",
  });

export const shape = {
  segment: name
    .optional()
    .describe("A segment's id: only the profiles that are in it at the snapshot. Default: every profile."),
  segments: z
    .preprocess((sent) => {
      rejectTooLarge(sent, AT);
      return sent;
    }, Combination)
    .optional()
    .describe(
      `In place of \`segment\`, a combination of at most ${MAX_SEGMENTS} segments. It has the limits of one segment's rule.`,
    ),
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
