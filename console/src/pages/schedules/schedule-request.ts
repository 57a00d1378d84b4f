/** The form of a schedule: what the fields hold, and the change that they make. Pure. */

import type { ChangeScheduleRequest, Destination, Schedule, ScheduledRequest } from "spillway-client";
import { texts } from "../../texts.ts";

/** As the fields hold it. */
export interface ScheduleForm {
  name: string;
  cron: string;
  timezone: string;
  incremental: boolean;
  /** Of days; empty: never. */
  verifyAfterDays: string;
  /** A destination's id, or one of the two below. */
  delivery: string;
}

/** The service keeps the files. */
export const DOWNLOAD = "download";
/** A bucket that the request names itself: the form leaves it as it is. */
export const OWN_BUCKET = "own";

export const formOf = (schedule: Schedule): ScheduleForm => ({
  name: schedule.name,
  cron: schedule.cron,
  timezone: schedule.timezone,
  incremental: schedule.incremental,
  verifyAfterDays: schedule.verify_after_days === null ? "" : String(schedule.verify_after_days),
  delivery: deliveryOf(schedule),
});

/** Only the fields that differ. The request is sent as a whole, with its delivery replaced. */
export function changesOf(schedule: Schedule, form: ScheduleForm): ChangeScheduleRequest {
  const before = formOf(schedule);
  const [name, cron, timezone] = [form.name.trim(), form.cron.trim(), form.timezone];
  const days = form.verifyAfterDays.trim();
  return {
    ...(name !== before.name && { name }),
    ...(cron !== before.cron && { cron }),
    ...(timezone !== before.timezone && { timezone }),
    ...(form.incremental !== before.incremental && { incremental: form.incremental }),
    ...(days !== before.verifyAfterDays && { verify_after_days: days === "" ? null : Number(days) }),
    ...(form.delivery !== before.delivery && { request: withDelivery(schedule, form.delivery) }),
  };
}

/** What the choice of the delivery offers. */
export function deliveries(
  schedule: Schedule,
  destinations: readonly Destination[],
): { value: string; label: string }[] {
  const now = deliveryOf(schedule);
  const known = destinations.map(({ id, name }) => ({ value: id, label: name }));
  const t = texts.schedules;
  return [
    { value: DOWNLOAD, label: t.download },
    ...(now === OWN_BUCKET ? [{ value: OWN_BUCKET, label: t.ownBucket }] : []),
    ...(now === DOWNLOAD || now === OWN_BUCKET || known.some(({ value }) => value === now)
      ? []
      : [{ value: now, label: t.unknownDestination }]),
    ...known,
  ];
}

export function deliveryOf({ request: { delivery } }: Schedule): string {
  if (delivery.type === "download") return DOWNLOAD;
  return "destination_id" in delivery ? delivery.destination_id : OWN_BUCKET;
}

function withDelivery({ request }: Schedule, chosen: string): ScheduledRequest {
  const delivery =
    chosen === DOWNLOAD ? ({ type: "download" } as const) : ({ type: "s3", destination_id: chosen } as const);
  // A request as the service shows it, with every default, is one that it takes.
  return { ...request, delivery };
}
