/** Ingests reachability events of another system. */

import { loadReachability, type NewReachability } from "../db/events/reachability.ts";
import { eventTimeFault, ingestPersonItems } from "./all-or-none.ts";
import { type Channel, type ChannelState, reachabilityText } from "./reachability.ts";

/** An event as it was sent, after the schema's checks: its reasons and fields are those of its channel. */
interface SentReachability extends ChannelState {
  id: string;
  person_id: string;
  channel: Channel;
  timestamp: string;
  reasons: readonly string[];
  installation_id?: string | null | undefined;
}

/** No reachability event is older than this, epoch ms. */
export const FIRST_REACHABILITY = Date.parse("2024-10-10T00:00:00.000Z");

export const ingestReachability = ingestPersonItems<SentReachability, NewReachability>({
  table: "reachability_events",
  changed: "Other calls changed the profiles of these events at the same time. Send the events again.",
  timeField: "timestamp",
  timeFault({ timestamp }, { now, space }) {
    const time = Date.parse(timestamp);
    if (time < FIRST_REACHABILITY)
      return "timestamp is before 2024-10-10, the first day that reachability events can have.";
    return eventTimeFault("timestamp", time, now, space.retention_days);
  },
  toRow: (event, personId) => ({
    id: event.id,
    person_id: personId,
    channel: event.channel,
    installation_id: event.installation_id ?? null,
    occurred_at: Date.parse(event.timestamp),
    event: reachabilityText(event.channel, event.reasons, event),
  }),
  insert: loadReachability,
});
