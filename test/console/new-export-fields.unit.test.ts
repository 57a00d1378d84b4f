/** The controls of an export's form, walked over every dataset of the API. */

import { describe, expect, it } from "vitest";
import { readDatasets } from "../../console/export-schemas.ts";
import { choicesFor, controlOf, fieldsOf } from "../../console/src/pages/new-export/fields.ts";
import { chosenWindow, isWindowRequired, windowsOf } from "../../console/src/pages/new-export/windows.ts";

const datasets = readDatasets();
const named = (name: string) => {
  const found = datasets.find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no dataset ${name}.`);
  return found;
};
const sectionsOf = (name: string) =>
  Object.fromEntries(fieldsOf(named(name)).map((field) => [field.name, field.section]));

describe.each(datasets)("the form of $name", (dataset) => {
  const fields = fieldsOf(dataset);

  it("has a control for every field that the dataset takes", () => {
    const left = Object.keys(dataset.fields).filter((name) => !fields.some((field) => field.name === name));
    const refused = dataset.rows.length === 0 || "fields" in dataset.fields;
    expect(refused ? [] : left).toEqual([]);
    for (const name of dataset.required) expect(fields.map((field) => field.name)).toContain(name);
  });

  it("shows required fields before the options", () => {
    for (const { required, section, name } of fields) if (required) expect([name, section]).toEqual([name, "what"]);
  });

  it("asks for raw JSON only where the schema is an object that no control knows", () => {
    const raw = fields.filter(({ control }) => control.kind === "json").map(({ name }) => name);
    expect(raw.filter((name) => name !== "segments")).toEqual([]);
  });

  it("has bounds of a window as times or days", () => {
    for (const name of windowsOf(dataset).flat())
      expect(["time", "day"]).toContain(controlOf(name, dataset.fields[name] ?? {}).kind);
  });
});

describe("a field is known", () => {
  it("by its name, where the space defines what it picks from", () => {
    expect(controlOf("event_names", named("profile_events").fields["event_names"] ?? {})).toMatchObject({
      kind: "list",
      picks: "events",
      max: 200,
    });
    expect(controlOf("delivery", {})).toEqual({ kind: "delivery" });
  });

  it("by its values, where the schema names them", () => {
    expect(controlOf("event_names", named("conversion_events").fields["event_names"] ?? {})).toMatchObject({
      kind: "list",
      picks: null,
    });
    expect(controlOf("attribution_window", named("conversion_events").fields["attribution_window"] ?? {})).toEqual({
      kind: "choice",
      values: [0, 1, 7, 14, 30, 60, 90],
    });
  });

  it("by its shape, where it is new", () => {
    expect(controlOf("brand_new", { type: "boolean" })).toEqual({ kind: "check" });
    expect(controlOf("brand_new", { type: "array", items: { type: "string" } })).toMatchObject({ kind: "list" });
    expect(controlOf("brand_new", { type: "string", format: "date-time" })).toEqual({ kind: "time" });
    expect(controlOf("brand_new", { type: "object" })).toEqual({ kind: "json" });
    const oneOrMore = { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] };
    expect(controlOf("brand_new", oneOrMore)).toMatchObject({ kind: "list", single: true });
  });
});

it("puts what is in the result first, its shape next, and the rest behind options", () => {
  expect(sectionsOf("activity_events")).toMatchObject({
    event_names: "what",
    columns: "shape",
    compression: "shape",
    delivery: "where",
    extra_fields: "more",
    callback_url: "more",
  });
});

it("offers no columns where the service refuses them", () => {
  expect(sectionsOf("segment_profiles")).not.toHaveProperty("columns");
  expect(sectionsOf("segment_profiles")).not.toHaveProperty("format");
  expect(sectionsOf("conversion_events")).not.toHaveProperty("columns");
  expect(sectionsOf("conversion_events")).toHaveProperty("fields");
});

it("offers the codecs that the format has", () => {
  const codecs = ["gzip", "zstd", "none", "snappy"];
  expect(choicesFor("compression", codecs, undefined)).toEqual(["gzip", "zstd", "none"]);
  expect(choicesFor("compression", codecs, "parquet")).toEqual(["zstd", "none", "snappy"]);
  expect(choicesFor("layout", ["single", "files"], "parquet")).toEqual(["single", "files"]);
});

describe("the window", () => {
  it("is one of several where the dataset has a choice, and then one is needed", () => {
    const dataset = named("conversion_events");
    expect(windowsOf(dataset)).toEqual([["date"], ["start_date", "end_date"], ["start", "end"]]);
    expect(chosenWindow(dataset, "start/end")).toEqual(["start", "end"]);
    expect(chosenWindow(dataset, "")).toEqual(["date"]);
    expect(isWindowRequired(dataset)).toBe(true);
  });

  it("may be left out, or not be there", () => {
    expect(isWindowRequired(named("segment_profiles"))).toBe(false);
    expect(windowsOf(named("profile_attributes"))).toEqual([]);
    expect(chosenWindow(named("profile_attributes"), "start/end")).toBeUndefined();
  });
});
