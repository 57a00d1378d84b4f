/** Random histories of schedules: edited, paused, failing, losing exports, with events that come late and early. */

import { deletePeople, definitions, events, mergePeople } from "./commands-data.ts";
import { changeRetention, changeZone, moveTime, outage, sweeps } from "./commands-clock.ts";
import { convert } from "./commands-conversions.ts";
import { cancel, exportEvents, retry, work } from "./commands-exports.ts";
import { deleteNewest, editSchedule, makeSchedule, runSchedule } from "./commands-schedules.ts";
import { playHistories } from "./history.ts";

playHistories({ first: 17_001, few: 2, full: 35, all: 700 }, [
  { weight: 7, arbitrary: events },
  { weight: 4, arbitrary: convert },
  { weight: 1, arbitrary: definitions },
  { weight: 1, arbitrary: mergePeople },
  { weight: 1, arbitrary: deletePeople },
  { weight: 6, arbitrary: makeSchedule("activity_events", "activity_events", "profile_events", "conversion_events") },
  { weight: 5, arbitrary: editSchedule },
  { weight: 10, arbitrary: runSchedule },
  { weight: 2, arbitrary: deleteNewest },
  { weight: 1, arbitrary: exportEvents },
  { weight: 2, arbitrary: work },
  { weight: 1, arbitrary: cancel },
  { weight: 1, arbitrary: retry },
  { weight: 2, arbitrary: moveTime },
  { weight: 2, arbitrary: sweeps },
  { weight: 1, arbitrary: outage },
  { weight: 1, arbitrary: changeZone },
  { weight: 1, arbitrary: changeRetention },
]);
