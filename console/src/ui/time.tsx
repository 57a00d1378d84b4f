/** A time in the space's time zone; the exact instant is its title. */

import { useSession } from "../session/session.ts";
import { moment } from "./format.ts";

interface Props {
  /** RFC 3339 */
  at: string;
  precision?: "minute" | "second";
}

export function Time({ at, precision }: Props) {
  const { timezone } = useSession().space;
  return (
    <time dateTime={at} title={at}>
      {moment(at, timezone, precision)}
    </time>
  );
}
