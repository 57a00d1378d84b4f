/** The request of an export or of a schedule in answers: as it was sent, with every default filled in. */

import * as z from "zod";
import type { AnyDataset } from "../../datasets/dataset.ts";
import { DATASETS } from "../../datasets/index.ts";
import { requestShape } from "../../export/api/request.ts";
import { inPascalCase } from "../../names.ts";
import { runParameters } from "../../schedules/request.ts";
import { taggedUnion } from "../composed-schemas.ts";

/** With the parameters whose defaults depend on others, and the one that answers show in part. */
function resolvedShape(dataset: AnyDataset) {
  const shape = requestShape(dataset);
  return {
    ...shape,
    layout: shape.layout.unwrap(),
    compression: shape.compression.unwrap(),
    callback_url: z
      .string()
      .optional()
      .meta({ description: "Its origin and the beginning of its path: the rest may be a token." }),
  };
}

/** A value for each dataset, by its name. */
export const byDataset = <Value>(valueOf: (dataset: AnyDataset) => Value): Record<string, Value> =>
  Object.fromEntries(DATASETS.map((dataset) => [dataset.name, valueOf(dataset)]));

const RESOLVED = byDataset((dataset) =>
  z.object(resolvedShape(dataset)).meta({ id: `Resolved${inPascalCase(dataset.name)}Request` }),
);

/** What an export is of: the dataset, and the request with the dataset's parameters. */
export const subjectOf = ({ name }: AnyDataset) => ({ dataset: z.literal(name), request: RESOLVED[name] ?? z.never() });

/** The request of a schedule: each run fills in the parameters that it lacks. */
export const ResolvedScheduledRequest = taggedUnion(
  "ResolvedScheduledRequest",
  "dataset",
  byDataset((dataset) => {
    const filledIn = runParameters(dataset);
    const kept = Object.entries(resolvedShape(dataset)).filter(([name]) => !filledIn.includes(name));
    const id = `ResolvedScheduled${inPascalCase(dataset.name)}Request`;
    return z.object(Object.fromEntries(kept)).meta({ id });
  }),
);
