/** Random histories of people: merged, erased and made again, in segments, and exported as lines and documents. */

import { deletePeople, definitions, events, mergePeople, mergeTwoPeople } from "./commands-data.ts";
import { changeRetention, changeZone, moveTime, outage, sweeps } from "./commands-clock.ts";
import { cancel, exportEvents, exportProfileEvents, remove, retry, work } from "./commands-exports.ts";
import { countSegment, exportAttributes, exportDocument, putSegment } from "./commands-people.ts";
import { loadReachability, exportReachability } from "./commands-reachability.ts";
import { createPeople } from "./commands-persons.ts";
import { playHistories } from "./history.ts";

playHistories(
  { first: 18_001, few: 2, full: 25, all: 300 },
  [
    { weight: 5, arbitrary: events },
    { weight: 1, arbitrary: definitions },
    { weight: 2, arbitrary: createPeople },
    { weight: 8, arbitrary: mergePeople },
    { weight: 2, arbitrary: deletePeople },
    { weight: 3, arbitrary: mergeTwoPeople },
    { weight: 3, arbitrary: putSegment },
    { weight: 2, arbitrary: countSegment },
    { weight: 5, arbitrary: exportAttributes },
    { weight: 5, arbitrary: exportDocument },
    { weight: 1, arbitrary: exportProfileEvents },
    { weight: 3, arbitrary: loadReachability },
    { weight: 3, arbitrary: exportReachability },
    { weight: 1, arbitrary: exportEvents },
    { weight: 3, arbitrary: work },
    { weight: 1, arbitrary: cancel },
    { weight: 1, arbitrary: retry },
    { weight: 1, arbitrary: remove },
    { weight: 2, arbitrary: moveTime },
    { weight: 1, arbitrary: sweeps },
    { weight: 1, arbitrary: outage },
    { weight: 1, arbitrary: changeZone },
    { weight: 1, arbitrary: changeRetention },
  ],
  true,
);
