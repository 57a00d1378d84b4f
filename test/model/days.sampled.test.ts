/** Random histories of days: schedules of conversions in zones of their own, while the space's zone changes. */

import { convert, exportConversions } from "./commands-conversions.ts";
import { changeZone, moveTime, outage, sweeps } from "./commands-clock.ts";
import { retry, work } from "./commands-exports.ts";
import { deleteNewest, editSchedule, makeSchedule, runSchedule } from "./commands-schedules.ts";
import { playHistories } from "./history.ts";

playHistories({ first: 20_001, few: 2, full: 25, all: 300 }, [
  { weight: 6, arbitrary: convert },
  { weight: 4, arbitrary: makeSchedule("conversion_events") },
  { weight: 2, arbitrary: editSchedule },
  { weight: 8, arbitrary: runSchedule },
  { weight: 1, arbitrary: deleteNewest },
  { weight: 1, arbitrary: exportConversions },
  { weight: 3, arbitrary: changeZone },
  { weight: 1, arbitrary: work },
  { weight: 1, arbitrary: retry },
  { weight: 1, arbitrary: moveTime },
  { weight: 1, arbitrary: sweeps },
  { weight: 1, arbitrary: outage },
]);
