/** An error in one text, for APIs whose errors have no list of faults. */

import { expect, it } from "vitest";
import { type Fault, invalid, SpillwayError } from "../../src/errors.ts";
import { inOneText } from "../../src/http/conventions.ts";

const fault = (pointer: string, detail: string): Fault => ({ pointer, detail });

it.each<[string, Fault[], string]>([
  [
    "the text alone, where it names its place",
    [fault("/filter/segment", "segment is required.")],
    "segment is required.",
  ],
  ["the place before it", [fault("/attributes/0", "This is no name.")], "attributes[0]: This is no name."],
  ["a place in an object in a list", [fault("/a/2/b/c", "It is wrong.")], "a[2].b.c: It is wrong."],
  ["a parameter", [fault("#query/limit", "It is wrong.")], "limit: It is wrong."],
  ["a name with a slash", [fault("/a~1b~0c", "It is wrong.")], "a/b~c: It is wrong."],
  ["a native name", [fault("/$region", "$region is wrong.")], "$region is wrong."],
  ["no place for the whole body", [fault("", "The body must be an object.")], "The body must be an object."],
  ["each of several", [fault("/a", "a is wrong."), fault("/b", "Wrong.")], "a is wrong. b: Wrong."],
])("has %s", (_, faults, text) => {
  expect(inOneText(invalid(...faults))).toBe(text);
});

it("has ten faults at most, and the number of the others", () => {
  const faults = Array.from({ length: 13 }, (_, n) => fault(`/a/${n}`, `a ${n}.`));
  expect(inOneText(invalid(...faults))).toMatch(/^a 0\. .*a 9\. \(3 more errors\)$/);
});

it("is the error's own text without faults", () => {
  expect(inOneText(new SpillwayError("conflict", "The export has ended."))).toBe("The export has ended.");
});
