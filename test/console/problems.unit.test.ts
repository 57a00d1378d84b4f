import { describe, expect, test } from "vitest";
import { faultAt, unplacedFaults } from "../../console/src/ui/problems.ts";

const FAULTS = [
  { pointer: "/name", detail: "is missing." },
  { pointer: "/event_names/3", detail: "is no event." },
  { pointer: "/event_names/5", detail: "is a duplicate." },
];

describe("the problems of a request", () => {
  test("a field shows what is wrong with it, and with what is below it", () => {
    expect(faultAt(FAULTS, "/name")).toBe("is missing.");
    expect(faultAt(FAULTS, "/event_names")).toBe("is no event. is a duplicate.");
  });

  test("a field whose name begins another field's name shows nothing of that field", () => {
    expect(faultAt([{ pointer: "/named", detail: "is wrong." }], "/name")).toBeUndefined();
  });

  test("what no field shows remains", () => {
    expect(unplacedFaults(FAULTS, ["/event_names"])).toEqual([FAULTS[0]]);
    expect(unplacedFaults(FAULTS, ["/event_names", "/name"])).toEqual([]);
  });
});
