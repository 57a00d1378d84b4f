/** The list of datasets. A new one is a file beside this one, and a line here. */

import { activityEvents } from "./activity-events.ts";
import { conversionEvents } from "./conversion-events/dataset.ts";
import { segmentProfiles } from "./segment-profiles/dataset.ts";
import type { Opening, Registered, Source } from "./dataset.ts";
import { profileAttributes } from "./profiles/attributes.ts";
import { profileEvents } from "./profiles/events.ts";
import { reachabilityEvents } from "./profiles/reachability.ts";

export const DATASETS: readonly Registered[] = [
  activityEvents,
  conversionEvents,
  segmentProfiles,
  profileAttributes,
  profileEvents,
  reachabilityEvents,
];

/** Opens a stored export's source. */
export function openSource(dataset: string, query: string, opening: Opening): Source {
  const found = DATASETS.find((each) => each.name === dataset);
  if (found === undefined) throw new Error(`no dataset is called ${dataset}`);
  return found.open(JSON.parse(query), opening);
}
