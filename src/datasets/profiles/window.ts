/** The window of the datasets of profiles' events: `from`, and `to` or now; at most 90 days back. */

import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { invalid } from "../../errors.ts";
import { DAY_MS } from "../../time/durations.ts";
import { boundMs } from "../../time/bounds.ts";
import { iso } from "../../time/names.ts";
import type { Schedulable, TimeWindow } from "../dataset.ts";
import { beforeRetention, CHECK_MARGIN_MS, oldestKept } from "../window.ts";
import { Instant } from "../../time/instant.ts";

const LOOKBACK_DAYS = 90;

export const windowShape = {
  from: Instant.describe("Start of the window, inclusive. At most 90 days ago."),
  to: Instant.optional().describe("End of the window, exclusive. Must not be in the future. Default: now."),
} as const;

const oldestExportable = (space: SpaceRow, now: number) =>
  Math.max(oldestKept(space, now), now - LOOKBACK_DAYS * DAY_MS);

/**
 * @param now epoch ms.
 * @param first the service has no events before this time, epoch ms.
 * @throws invalid_request naming the field.
 */
export function readWindow(
  request: { from: string; to?: string | undefined },
  space: SpaceRow,
  now: number,
  first: number | null = null,
): TimeWindow {
  const start = boundMs(request.from);
  const end = request.to === undefined ? now : boundMs(request.to);
  if (request.to !== undefined && Date.parse(request.to) > now)
    throw invalid({ pointer: "/to", detail: "to must not be in the future." });
  if (start >= end)
    throw request.to === undefined
      ? invalid({ pointer: "/from", detail: "from must be earlier than now." })
      : invalid({ pointer: "/to", detail: "to must be later than from." });
  if (first !== null && start < first)
    throw invalid({
      pointer: "/from",
      detail: `from is before ${iso(first).slice(0, 10)}: there are no events of that time.`,
    });
  const oldest = oldestExportable(space, now);
  if (start < oldest) {
    const detail =
      space.retention_days < LOOKBACK_DAYS
        ? beforeRetention("from", space, oldest)
        : `from is more than ${LOOKBACK_DAYS} days ago: it must not be before ${iso(oldest)}.`;
    throw invalid({ pointer: "/from", detail });
  }
  return { start, end };
}

/** @param first the service has no events before this time, epoch ms. */
export const schedulable = (first = Number.NEGATIVE_INFINITY): Schedulable => ({
  parameters: ["from", "to"],
  oldest: (space, now) => Math.max(first, oldestExportable(space, now) + CHECK_MARGIN_MS),
  toParameters: (window) => ({ parameters: { from: iso(window.start), to: iso(window.end) }, window }),
  readsLate: true,
});
