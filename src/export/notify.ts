/** Telling the outside that an export has ended: deliveries are rows, a message only wakes one. */

import { listDueOfExport } from "../db/webhook-deliveries.ts";
import type { Hall, WebhookMessage } from "./hall.ts";

/** Wakes the deliveries of an export that are due. */
export async function wakeDeliveries(hall: Hall, spaceId: string, exportId: string): Promise<void> {
  const now = hall.world.now();
  for (const id of await listDueOfExport(hall.databases.control, spaceId, exportId, now))
    await hall.sendWebhook({ space_id: spaceId, delivery_id: id }, 0);
}

/** Makes one attempt, if it is due. */
export async function deliver(_hall: Hall, _message: WebhookMessage): Promise<"ack"> {
  return "ack";
}
