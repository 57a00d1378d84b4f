/** The schedules whose exports go to a destination. */

import { Link } from "wouter-preact";
import { texts } from "../../texts.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { useSchedulesTo } from "./queries.ts";

interface Props {
  id: string;
  /** Said where there is none. */
  none: string;
  /** Said before the list. */
  some?: string;
}

export const UsedBy = ({ id, none, some }: Props) => (
  <Loaded query={useSchedulesTo(id)}>
    {(schedules) =>
      schedules.length === 0 ? (
        <p>{none}</p>
      ) : (
        <>
          {some !== undefined && <p class="warn">{some}</p>}
          <ul aria-label={texts.destinations.usedBy}>
            {schedules.map((schedule) => (
              <li key={schedule.id}>
                <Link href={`/schedules/${schedule.id}`}>{schedule.name}</Link>
              </li>
            ))}
          </ul>
        </>
      )
    }
  </Loaded>
);
