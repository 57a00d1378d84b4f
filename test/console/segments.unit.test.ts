/** Segments: how a rule reads as JSON, and where its faults are. */

import { describe, expect, it } from "vitest";
import { ruleFaults } from "../../console/src/pages/segments/rule-faults.ts";
import { EXAMPLE, parseRule, readable } from "../../console/src/pages/segments/rule-text.ts";

describe("a rule", () => {
  it("is one line where it is short", () => {
    expect(readable({ tag: "vip" })).toBe('{ "tag": "vip" }');
  });

  it("is a list of its conditions where it is long", () => {
    expect(readable(EXAMPLE).split("\n")).toEqual([
      "{",
      '  "all": [',
      '    { "attribute": "tier", "op": "in", "value": ["gold", "platinum"] },',
      '    { "event": "order_placed", "within_days": 30, "at_least": 2 },',
      '    { "none": [{ "tag": "staff" }] }',
      "  ]",
      "}",
    ]);
  });

  it("is the same when it is read again", () => {
    expect(parseRule(readable(EXAMPLE))).toEqual({ rule: EXAMPLE });
  });

  it("that is not JSON is told so, in the browser's words", () => {
    expect(parseRule('{ "tag": }')).toEqual({ fault: expect.stringContaining("Unexpected token") as string });
  });
});

describe("the faults of a rule", () => {
  it("have their places within it, one a line", () => {
    const faults = [
      { pointer: "/id", detail: "is too long." },
      { pointer: "/rule", detail: "is too large." },
      { pointer: "/rule/all/1/op", detail: "must be eq." },
    ];
    expect(ruleFaults(faults)).toBe("is too large.\nall/1/op: must be eq.");
  });

  it("are none where other fields are wrong", () => {
    expect(ruleFaults([{ pointer: "/name", detail: "is missing." }])).toBeUndefined();
  });
});
