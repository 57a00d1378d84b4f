/** What an export of a segment's profiles can be asked for: names and limits. How the parameters go together: freeze.ts. */

import * as z from "zod";

export const MAX_ATTRIBUTES = 75;
export const MAX_TAGS = 25;
export const MAX_EVENTS = 200;
export const MAX_MONTHS = 3;

const MAX_NAME_CHARACTERS = 200;

const name = z
  .string()
  .min(1)
  .max(MAX_NAME_CHARACTERS)
  .refine((text) => text.isWellFormed(), "A name is whole characters: half of a surrogate pair is none.");
const time = z.iso.datetime({ offset: true });

/** Names, each of them once. */
const names = (most: number) =>
  z
    .array(name)
    .max(most)
    .superRefine((items, context) => {
      for (const [index, each] of items.entries())
        if (items.indexOf(each) < index)
          context.addIssue({
            code: "custom",
            path: [index],
            message: `${each} stands before already: once is enough.`,
          });
    })
    .meta({ uniqueItems: true })
    .optional();

export const shape = {
  segment: name
    .optional()
    .describe("A segment's id: only the profiles that are in it at the snapshot. Left out: every profile."),
  attributes: names(MAX_ATTRIBUTES).describe(
    "Ids of attributes, native ones (`$email_address`) among them. A profile has those of which it has a value. Without any attribute or tag the result has no profiles.",
  ),
  tags: names(MAX_TAGS).describe(
    "Ids of tags. A tag that a profile has stands among its attributes, with the value null.",
  ),
  events: names(MAX_EVENTS).describe("Ids of event definitions. Needs `start_at`."),
  include_topics: z.boolean().default(false).describe("Profiles also have what they said to being told of topics."),
  start_at: time
    .optional()
    .describe(
      "Events from this time on, by when they occurred. Required with `events`, and then not older than the space keeps events.",
    ),
  end_at: time
    .optional()
    .describe(
      `Events before this time. At most ${MAX_MONTHS} months after \`start_at\`, by the calendar and the clocks of the space's time zone; it may be in the future. Left out: a week of 7 days after \`start_at\`.`,
    ),
} as const;

export type SegmentProfilesRequest = z.output<z.ZodObject<typeof shape>>;
