/** The window of an export of what happened to profiles: `from`, and `to` or now; not longer ago than it can be asked for. */

import * as z from "zod";
import { invalid } from "../../errors.ts";
import { iso } from "../../time/names.ts";
import type { Windowed } from "../dataset.ts";

const DAY_MS = 86_400_000;
const LOOKBACK_DAYS = 90;
/** A request that is made now is checked a little later, by a clock that has gone on. */
const UNTIL_ASKED_MS = 60_000;

const time = z.iso.datetime({ offset: true });

export const windowShape = {
  from: time.describe("The window's start: the first moment that is in it. Not longer than 90 days ago."),
  to: time
    .optional()
    .describe("The window's end: the first moment that is no longer in it. Not in the future. Left out: now."),
} as const;

interface Kept {
  retention_days: number;
}

const oldestKept = ({ retention_days: days }: Kept, now: number) => now - Math.min(days, LOOKBACK_DAYS) * DAY_MS;

/**
 * @param now epoch ms.
 * @param first there is nothing before this, epoch ms.
 * @throws invalid_request naming the field.
 */
export function windowOf(
  request: { from: string; to?: string | undefined },
  space: Kept,
  now: number,
  first: number | null = null,
): { start: number; end: number } {
  const start = Date.parse(request.from);
  const end = request.to === undefined ? now : Date.parse(request.to);
  if (end > now) throw invalid({ pointer: "/to", detail: "to must not be in the future." });
  if (start >= end)
    throw request.to === undefined
      ? invalid({ pointer: "/from", detail: "from must be earlier than now." })
      : invalid({ pointer: "/to", detail: "to must be later than from." });
  if (first !== null && start < first)
    throw invalid({
      pointer: "/from",
      detail: `from is before ${iso(first).slice(0, 10)}: there are no events of that time.`,
    });
  const oldest = oldestKept(space, now);
  if (start < oldest) {
    const why =
      space.retention_days < LOOKBACK_DAYS
        ? `this space keeps events: ${space.retention_days} days`
        : `these events can be exported: ${LOOKBACK_DAYS} days`;
    throw invalid({ pointer: "/from", detail: `from is older than ${why}, back to ${iso(oldest)}.` });
  }
  return { start, end };
}

/** @param first there is nothing before this, epoch ms. */
export const windowed = (first = Number.NEGATIVE_INFINITY): Windowed => ({
  parameters: ["from", "to"],
  oldest: (space, now) => Math.max(first, oldestKept(space, now) + UNTIL_ASKED_MS),
  parametersOf: ({ start, end }) => ({ parameters: { from: iso(start), to: iso(end) }, end }),
  sinceIsWhole: true,
});
