/**
 * The destinations of a portal session: a link may name those that its session sees, tests and delivers to. Such a
 * session leads no files elsewhere: it changes of a destination the name alone.
 */

import { SpillwayError } from "../../errors.ts";
import type { PortalSession } from "./session.ts";

/**
 * Refuses a change of where files go, and by whose permission, to a session that is limited to some destinations.
 * @throws forbidden naming each field but the name.
 */
export function requireNameAlone(session: PortalSession | null, change: object): void {
  if (session === null || session.destinationIds === null) return;
  const detail = "This portal session is limited to some destinations: it changes of a destination the name alone.";
  const faults = Object.keys(change)
    .filter((field) => field !== "name")
    .map((field) => ({ pointer: `/${field}`, detail }));
  if (faults.length > 0) throw new SpillwayError("forbidden", detail, { faults });
}

/** May the caller see and use this destination? A caller with an API key may. */
export const hasDestination = (session: PortalSession | null, id: string) =>
  session === null || session.destinationIds === null || session.destinationIds.includes(id);

/** @throws not_found for a destination that the caller does not see. */
export function requireDestination(session: PortalSession | null, id: string): void {
  if (!hasDestination(session, id)) throw new SpillwayError("not_found");
}

/** @throws forbidden for a session that is limited to some destinations. */
export function requireAllDestinations(session: PortalSession | null, action: string): void {
  if (session !== null && session.destinationIds !== null)
    throw new SpillwayError("forbidden", `This portal session is limited to some destinations: ${action}`);
}

/**
 * Does this delivery stay with the service, or go to a bucket that the session sees?
 * @param delivery of a request, which its dataset's schema has checked.
 */
export function seesDelivery(session: PortalSession | null, delivery: unknown): boolean {
  if (session === null || session.destinationIds === null) return true;
  const { type, destination_id: id } = delivery as { type: string; destination_id?: string };
  return type !== "s3" || (id !== undefined && session.destinationIds.includes(id));
}

/**
 * Refuses to deliver to a bucket that is none of the session's destinations.
 * @param delivery as in `seesDelivery`. @param place the pointer of the request.
 * @throws forbidden.
 */
export function requireDelivery(session: PortalSession | null, delivery: unknown, place = ""): void {
  if (seesDelivery(session, delivery)) return;
  const { destination_id: id } = delivery as { destination_id?: string };
  const pointer = `${place}/delivery${id === undefined ? "" : "/destination_id"}`;
  const detail = "This portal session delivers to the destinations of its link alone, and this is none of them.";
  throw new SpillwayError("forbidden", detail, { faults: [{ pointer, detail }] });
}
