/** A request's problems at the fields of the form, walked over every field of every dataset. */

import { describe, expect, it } from "vitest";
import { readDatasets } from "../../console/export-schemas.ts";
import { fieldAt, inRequest, valueAt, withValues } from "../../console/src/pages/new-export/problems.ts";
import { fieldsOf } from "../../console/src/pages/new-export/fields.ts";
import { faultAt } from "../../console/src/ui/problems.ts";

describe.each(readDatasets())("a problem of $name", (dataset) => {
  it("is at its field, whatever is below it in the pointer", () => {
    for (const { name } of fieldsOf(dataset))
      for (const pointer of [`/${name}`, `/${name}/3`, `/${name}/0/path`]) {
        expect(fieldAt(pointer)).toBe(name);
        expect(faultAt([{ pointer, detail: "is wrong." }], `/${name}`)).toBe("is wrong.");
      }
  });
});

it("says which value of a list it is about", () => {
  const request = { event_names: ["visit", "oder_placed"] };
  const [fault] = withValues([{ pointer: "/event_names/1", detail: "is not defined." }], request);
  expect(fault?.detail).toBe("oder_placed: is not defined.");
});

it("does not repeat a value that the sentence has, nor that of a whole field or of a member", () => {
  const request = { event_names: ["visit"], format: "csv", redact: { email: "drop" } };
  const faults = [
    { pointer: "/event_names/0", detail: "visit is not defined." },
    { pointer: "/format", detail: "must be another." },
    { pointer: "/redact/email", detail: "The rows have no such field." },
  ];
  expect(withValues(faults, request)).toEqual(faults);
});

it("of a schedule's request is one of the export's; those of the schedule are not", () => {
  const faults = [
    { pointer: "/request/columns/0/path", detail: "is wrong." },
    { pointer: "/cron", detail: "is wrong." },
  ];
  expect(inRequest(faults)).toEqual([{ pointer: "/columns/0/path", detail: "is wrong." }]);
});

it("reads pointers as RFC 6901 has them", () => {
  expect(valueAt({ redact: { "a/b~c": "drop" } }, "/redact/a~1b~0c")).toBe("drop");
  expect(valueAt({ columns: [] }, "/columns/0/path")).toBeUndefined();
  expect(fieldAt("")).toBeNull();
});
