/** The form of an export as a request, and back. */

import { describe, expect, it } from "vitest";
import { readDatasets } from "../../console/export-schemas.ts";
import { documentOfCalls } from "../../scripts/document-of-calls.ts";
import {
  formOf,
  isComplete,
  requestOf,
  scheduledRequestOf,
  type Values,
} from "../../console/src/pages/new-export/request.ts";

const datasets = readDatasets();
const named = (name: string) => {
  const found = datasets.find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no dataset ${name}.`);
  return found;
};
const form = (dataset: string, values: Values, window = "") => ({ dataset, values, window });
const ask = (dataset: string, values: Values, window = "") => requestOf(named(dataset), form(dataset, values, window));

const START = "2026-11-01T00:00:00.000Z";
const END = "2026-11-08T00:00:00.000Z";
const { components } = documentOfCalls("2026-11-20") as unknown as {
  components: { schemas: Record<string, { example?: Record<string, unknown> }> };
};
const examples = Object.values(components.schemas).flatMap(({ example }) =>
  typeof example?.["dataset"] === "string" ? [example as { dataset: string } & Record<string, unknown>] : [],
);

describe.each(datasets)("the request of $name", (dataset) => {
  it("is the dataset alone while nothing is chosen", () => {
    expect(requestOf(dataset, form(dataset.name, {}))).toEqual({ dataset: dataset.name });
  });

  it("leaves out what is as the default says", () => {
    const values = Object.fromEntries(Object.entries(dataset.fields).map(([name, schema]) => [name, schema.default]));
    expect(requestOf(dataset, form(dataset.name, values))).toEqual({ dataset: dataset.name });
  });

  it("comes back whole from the export that was made of it", () => {
    const own = examples.filter((example) => example.dataset === dataset.name);
    expect(own.length).toBeGreaterThan(0);
    const defaults = Object.entries(dataset.fields).flatMap(([name, schema]) =>
      schema.default === undefined ? [] : [[name, schema.default] as const],
    );
    for (const sent of own) {
      const resolved = { ...Object.fromEntries(defaults), layout: "single", compression: "gzip", ...sent };
      const chosen = Object.entries(sent).filter(([name, value]) => dataset.fields[name]?.default !== value);
      expect(requestOf(dataset, formOf(dataset, resolved))).toEqual(Object.fromEntries(chosen));
    }
  });

  it("of a schedule lacks what each run fills in", () => {
    const times = Object.fromEntries(dataset.filledByRuns.map((name) => [name, START]));
    expect(scheduledRequestOf(dataset, form(dataset.name, times))).toEqual({ dataset: dataset.name });
  });
});

describe("a request", () => {
  it("has numbers as numbers, and one of several models without a list", () => {
    expect(ask("activity_events", { start: START, end: END, file_rows: "10" })).toMatchObject({ file_rows: 10 });
    expect(ask("conversion_events", { attribution_model: ["linear"], attribution_window: 7 })).toEqual({
      dataset: "conversion_events",
      attribution_model: "linear",
      attribution_window: 7,
    });
    const two = ask("conversion_events", { attribution_model: ["linear", "u_shaped"] });
    expect(two["attribution_model"]).toEqual(["linear", "u_shaped"]);
  });

  it("has columns in their order, and a name only where one was given", () => {
    const columns = [
      { path: "b", as: "" },
      { path: "a", as: "first" },
    ];
    expect(ask("activity_events", { columns })["columns"]).toEqual([{ path: "b" }, { path: "a", as: "first" }]);
  });

  it("has redactions by path", () => {
    const redact = [{ path: "personId", how: "drop" }];
    expect(ask("activity_events", { redact })["redact"]).toEqual({ personId: "drop" });
  });

  it("has the bounds of the chosen window alone", () => {
    const values = { date: "2026-11-01", start: START, end: END };
    expect(ask("conversion_events", values)).toEqual({ dataset: "conversion_events", date: "2026-11-01" });
    expect(ask("conversion_events", values, "start/end")).toEqual({
      dataset: "conversion_events",
      start: START,
      end: END,
    });
  });

  it("drops a codec that the format does not have, and escaped formulas without CSV", () => {
    const values = { compression: "gzip", csv_escape_formulas: true };
    expect(ask("activity_events", { ...values, format: "parquet" })).toEqual({
      dataset: "activity_events",
      format: "parquet",
    });
    expect(ask("activity_events", { ...values, format: "csv" })).toMatchObject(values);
  });

  it("keeps a text that is no JSON, so that the service says what is wrong", () => {
    expect(ask("segment_profiles", { segments: '{"any":[]}' })["segments"]).toEqual({ any: [] });
    expect(ask("segment_profiles", { segments: "{any" })["segments"]).toBe("{any");
  });

  it("keeps nothing of a dataset that was chosen before", () => {
    expect(ask("profile_attributes", { start: START, end: END, attributes: ["$city"] })).toEqual({
      dataset: "profile_attributes",
      attributes: ["$city"],
    });
  });
});

it("does not repeat a callback's address, of which answers show only the beginning", () => {
  const resolved = { dataset: "activity_events", start: START, end: END, callback_url: "https://shop.example/…" };
  expect(formOf(named("activity_events"), resolved).values).not.toHaveProperty("callback_url");
});

describe("a form is complete", () => {
  it("with every required field", () => {
    const dataset = named("activity_events");
    expect(isComplete(dataset, form("activity_events", { start: START }))).toBe(false);
    expect(isComplete(dataset, form("activity_events", { start: START, end: END }))).toBe(true);
  });

  it("with the chosen one of several windows", () => {
    const dataset = named("conversion_events");
    expect(isComplete(dataset, form("conversion_events", {}))).toBe(false);
    expect(isComplete(dataset, form("conversion_events", { date: "2026-11-01" }))).toBe(true);
    expect(isComplete(dataset, form("conversion_events", { date: "2026-11-01" }, "start/end"))).toBe(false);
  });

  it("with a destination that is picked", () => {
    const values = { start: START, end: END, delivery: { type: "s3", destination_id: "" } };
    expect(isComplete(named("activity_events"), form("activity_events", values))).toBe(false);
  });
});
