/** The names of an installation's resources. */

import { expect, it } from "vitest";
import { datasetIn, environmentName, nameIn } from "../../scripts/deploy/names.ts";

it("production has the names of wrangler.toml", () => {
  expect(nameIn("production", "spillway")).toBe("spillway");
  expect(nameIn("production", "spillway-steps")).toBe("spillway-steps");
});

it("another environment's name stands after the first word, so that the last word still says what a queue carries", () => {
  expect(nameIn("staging", "spillway")).toBe("spillway-staging");
  expect(nameIn("staging", "spillway-steps")).toBe("spillway-staging-steps");
  expect(datasetIn("staging-eu", "spillway")).toBe("spillway_staging_eu");
});

it.each(["", "Staging", "-a", "a-", "a--b", "a_b", "9a", "a".repeat(31), "a b"])("%j is no environment", (name) => {
  expect(() => environmentName(name)).toThrow("is no name of an environment");
});

it.each(["staging", "eu-1", "a"])("%j is an environment", (name) => {
  expect(environmentName(name)).toBe(name);
});
