/** The tools that tell what can be exported. They read no data of the space, so any of its keys may use them. */

import type { AnyDataset } from "../../datasets/dataset.ts";
import { DATASETS } from "../../datasets/index.ts";
import { invalid } from "../../errors.ts";
import { FORMATS } from "../../export/output/encode/encoding.ts";
import { didYouMean } from "../../suggestion.ts";
import { dayOfExamples, withCurrentExamples } from "../example-dates.ts";
import { requestSchemaOf } from "./argument-schemas.ts";
import { bounded } from "./bounded.ts";
import { type Arguments, READS, type Tool } from "./tool.ts";

const NAMES = DATASETS.map(({ name }) => name);

const listDatasets: Tool = {
  name: "list_datasets",
  auth: "key",
  definition: () => ({
    name: "list_datasets",
    title: "List datasets",
    description: "Lists the kinds of records that can be exported. Start here, then call describe_dataset.",
    inputSchema: { type: "object", properties: {}, additionalProperties: false },
    annotations: { title: "List datasets", ...READS },
  }),
  async run(_call, sent) {
    requireKnown(sent, []);
    const datasets = DATASETS.map((dataset) => ({ ...facts(dataset), required: requestSchemaOf(dataset).required }));
    return bounded({ datasets }, () => `${datasets.length} datasets can be exported.`, "list_datasets");
  },
};

const describeDataset: Tool = {
  name: "describe_dataset",
  auth: "key",
  definition: () => ({
    name: "describe_dataset",
    title: "Describe a dataset",
    description:
      "Shows the parameters of one dataset as JSON Schema, with an example: the arguments of estimate_export and create_export.",
    inputSchema: {
      type: "object",
      properties: { dataset: { type: "string", enum: NAMES } },
      required: ["dataset"],
      additionalProperties: false,
    },
    annotations: { title: "Describe a dataset", ...READS },
  }),
  async run({ runtime }, sent) {
    requireKnown(sent, ["dataset"]);
    const dataset = DATASETS.find(({ name }) => name === sent["dataset"]);
    if (dataset === undefined)
      throw invalid({ pointer: "/dataset", detail: `dataset must be one of ${NAMES.join(", ")}.` });
    const described = {
      ...facts(dataset),
      parameters: requestSchemaOf(dataset),
      example: { dataset: dataset.name, ...dataset.example },
    };
    const current = withCurrentExamples(described, dayOfExamples(runtime.now()));
    return bounded(current, () => `${dataset.name}: ${dataset.title}.`, "describe_dataset");
  },
};

export const DATASET_TOOLS: readonly Tool[] = [listDatasets, describeDataset];

const facts = ({ name, title, tabular }: AnyDataset) => ({
  name,
  title,
  formats: tabular === undefined ? ["one JSON document"] : FORMATS,
});

/** @throws invalid_request for an argument that the tool does not have. */
function requireKnown(sent: Arguments, known: readonly string[]): void {
  const faults = Object.keys(sent)
    .filter((name) => !known.includes(name))
    .map((name) => ({ pointer: `/${name}`, detail: `The tool has no argument ${name}.${didYouMean(name, known)}` }));
  if (faults.length > 0) throw invalid(...faults);
}
