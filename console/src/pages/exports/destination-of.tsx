/** The bucket that an export is written to, with the destination's name where the session may read it. */

import { useQuery } from "@tanstack/preact-query";
import type { ExportDelivery } from "spillway-client";
import { Link } from "wouter-preact";
import { useMay, useSession } from "../../session/session.ts";

type ToBucket = Extract<ExportDelivery, { type: "s3" }>;

/** A space has at most 50. */
const MAX_DESTINATIONS = 200;

export function DestinationOf({ delivery }: { delivery: ToBucket }) {
  const { door, spillway } = useSession();
  const maySettings = useMay("settings:write");
  const mayWrite = useMay("exports:write");
  const { data } = useQuery({
    queryKey: ["destination-names"],
    enabled: delivery.destination_id !== null && (maySettings || (door === "portal" && mayWrite)),
    queryFn: ({ signal }) => spillway.destinations.list({ limit: MAX_DESTINATIONS }, { signal }).first(),
  });
  const name = data?.data.find(({ id }) => id === delivery.destination_id)?.name;
  return (
    <>
      {name !== undefined && (
        <>{maySettings ? <Link href={`/destinations/${delivery.destination_id}`}>{name}</Link> : name} · </>
      )}
      <code>
        s3://{delivery.bucket}/{delivery.prefix}
      </code>
    </>
  );
}
