/** What the console's build reads of the OpenAPI document. */

import { expect, it } from "vitest";
import { readDatasets } from "../../console/export-schemas.ts";

const datasets = readDatasets();
const named = (name: string) => {
  const found = datasets.find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no dataset ${name}.`);
  return found;
};

it("knows which fields each run of a schedule fills in", () => {
  expect(named("activity_events").filledByRuns).toEqual(["start", "end", "since"]);
  expect(named("profile_attributes").filledByRuns).toEqual(["since"]);
});

it("knows the columns of each form of rows, and which choice gives it", () => {
  const [flat, nested] = named("activity_events").rows;
  expect(flat).toMatchObject({ when: { field: "row_format", value: "flat" }, open: [{ path: [] }] });
  expect(flat?.paths).toContain("occuredTime");
  expect(nested?.open).toEqual([{ path: ["properties"], members: "properties" }]);
  expect(named("profile_attributes").rows[0]?.open).toContainEqual({ path: ["attributes"], members: "attributes" });
});

it("gives a result that is one document no columns, and every other dataset some", () => {
  const without = datasets.filter(({ rows }) => rows.length === 0).map(({ name }) => name);
  expect(without).toEqual(["segment_profiles"]);
  for (const { rows } of datasets) for (const { paths } of rows) expect(paths.length).toBeGreaterThan(3);
});

it("leaves no reference in a field", () => {
  expect(JSON.stringify(datasets)).not.toContain("$ref");
});
