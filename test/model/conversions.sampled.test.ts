/** Random histories of conversions: late and early ones, touchpoints before and after them, days of several zones. */

import { deletePeople, mergePeople, mergeTwoPeople } from "./commands-data.ts";
import { changeRetention, changeZone, moveTime, outage, sweeps } from "./commands-clock.ts";
import { convert, exportConversions, touch } from "./commands-conversions.ts";
import { cancel, remove, retry, work } from "./commands-exports.ts";
import { playHistories } from "./history.ts";

playHistories({ first: 19_001, few: 2, full: 25, all: 300 }, [
  { weight: 7, arbitrary: convert },
  { weight: 5, arbitrary: touch },
  { weight: 2, arbitrary: mergePeople },
  { weight: 1, arbitrary: deletePeople },
  { weight: 2, arbitrary: mergeTwoPeople },
  { weight: 8, arbitrary: exportConversions },
  { weight: 3, arbitrary: work },
  { weight: 1, arbitrary: cancel },
  { weight: 1, arbitrary: retry },
  { weight: 1, arbitrary: remove },
  { weight: 3, arbitrary: moveTime },
  { weight: 1, arbitrary: sweeps },
  { weight: 1, arbitrary: outage },
  { weight: 1, arbitrary: changeZone },
  { weight: 1, arbitrary: changeRetention },
]);
