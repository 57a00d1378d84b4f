/** The paths that an export's form offers as columns. */

import { expect, it } from "vitest";
import { readDatasets } from "../../console/export-schemas.ts";
import { columnPaths, type Defined } from "../../console/src/pages/new-export/column-paths.ts";

const datasets = readDatasets();
const DEFINED = {
  definitions: [
    { id: "order_placed", properties: [{ name: "order_id" }, { name: "items", fields: [{ name: "sku" }] }] },
    { id: "visit", properties: [{ name: "url" }] },
  ],
  attributes: ["$city", "plan"],
};

function offered(name: string, request: Record<string, unknown>, defined: Defined = DEFINED): string[] {
  const dataset = datasets.find((each) => each.name === name);
  if (dataset === undefined) throw new Error(`There is no dataset ${name}.`);
  return columnPaths(dataset, { dataset: name, ...request }, defined);
}

it("has the fixed columns and the properties of every definition, also those within lists", () => {
  const paths = offered("activity_events", {});
  expect(paths).toEqual(expect.arrayContaining(["eventId", "order_id", "items", "items.sku", "url"]));
});

it("has the properties of the definitions that the names and patterns select", () => {
  const paths = offered("activity_events", { event_names: ["order_*"] });
  expect(paths).toContain("order_id");
  expect(paths).not.toContain("url");
});

it("follows the form of the rows", () => {
  const paths = offered("activity_events", { row_format: "nested" });
  expect(paths).toContain("properties.order_id");
  expect(paths).not.toContain("occuredTime");
  expect(offered("profile_events", {})).toContain("event.attributes.url");
});

it("has the attributes and identifiers that are asked for", () => {
  const paths = offered("profile_attributes", { attributes: ["plan"], identifiers: ["crm_id"] });
  expect(paths).toEqual(expect.arrayContaining(["attributes.plan", "identifiers.crm_id"]));
  expect(paths).not.toContain("attributes.$city");
});

it("is empty for a result without rows", () => {
  expect(offered("segment_profiles", {})).toEqual([]);
});

it("has the fixed columns alone where definitions come without their properties, as in a portal", () => {
  const paths = offered("activity_events", {}, { definitions: [{ id: "order_placed" }], attributes: [] });
  expect(paths).toContain("eventId");
  expect(paths).not.toContain("order_id");
});
