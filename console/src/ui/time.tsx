/** A time in the space's time zone or another; the exact instant is its title. */

import { useSession } from "../session/session.ts";
import { moment } from "./format.ts";

interface Props {
  /** RFC 3339 */
  at: string;
  precision?: "minute" | "second";
  /** IANA; by default the space's. */
  timeZone?: string;
}

export function Time({ at, precision, timeZone }: Props) {
  const { timezone } = useSession().space;
  return (
    <time dateTime={at} title={at}>
      {moment(at, timeZone ?? timezone, precision)}
    </time>
  );
}
