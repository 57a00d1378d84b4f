/** The list of datasets. A new one is a file or folder beside this one, and a line here. */

import { activityEvents } from "./activity-events.ts";
import { conversionEvents } from "./conversion-events/dataset.ts";
import { segmentProfiles } from "./segment-profiles/dataset.ts";
import type { AnyDataset } from "./dataset.ts";
import { profileAttributes } from "./profiles/attributes.ts";
import { profileEvents } from "./profiles/events.ts";
import { reachabilityEvents } from "./profiles/reachability.ts";

export const DATASETS: readonly AnyDataset[] = [
  activityEvents,
  conversionEvents,
  segmentProfiles,
  profileAttributes,
  profileEvents,
  reachabilityEvents,
];

/** @throws Error for a name that is not in the list: requests and rows have names that were checked. */
export function datasetNamed(name: string): AnyDataset {
  const found = DATASETS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no dataset ${name}.`);
  return found;
}
