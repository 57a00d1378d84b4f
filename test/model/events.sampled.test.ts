/** Random histories of events: sent late, early and twice, in definitions that grow, and exported in every way. */

import { deletePeople, definitions, events, invalidEvents, mergePeople, mergeTwoPeople } from "./commands-data.ts";
import { changeRetention, changeZone, moveTime, outage, sweeps } from "./commands-clock.ts";
import { cancel, exportEvents, exportProfileEvents, listEvents, remove, retry, work } from "./commands-exports.ts";
import { createPeople } from "./commands-persons.ts";
import { playHistories } from "./history.ts";

playHistories({ first: 16_001, few: 2, full: 30, all: 600 }, [
  { weight: 8, arbitrary: events },
  { weight: 2, arbitrary: definitions },
  { weight: 1, arbitrary: invalidEvents },
  { weight: 2, arbitrary: createPeople },
  { weight: 3, arbitrary: mergePeople },
  { weight: 1, arbitrary: deletePeople },
  { weight: 2, arbitrary: mergeTwoPeople },
  { weight: 6, arbitrary: exportEvents },
  { weight: 2, arbitrary: exportProfileEvents },
  { weight: 3, arbitrary: work },
  { weight: 1, arbitrary: cancel },
  { weight: 1, arbitrary: retry },
  { weight: 1, arbitrary: remove },
  { weight: 2, arbitrary: listEvents },
  { weight: 2, arbitrary: moveTime },
  { weight: 1, arbitrary: sweeps },
  { weight: 1, arbitrary: outage },
  { weight: 1, arbitrary: changeZone },
  { weight: 1, arbitrary: changeRetention },
]);
