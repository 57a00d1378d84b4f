import { describe, expect, test } from "vitest";
import { asBodyFaults, STEP, stepOfFaults } from "../../console/src/pages/destinations/places.ts";
import { failedSteps } from "../../console/src/pages/destinations/test-outcome.ts";

const at = (...pointers: string[]) => pointers.map((pointer) => ({ pointer, detail: "is wrong." }));

describe("the wizard of a destination", () => {
  test("goes back to the first step that has a field of a problem", () => {
    expect(stepOfFaults(at("/auth/role_arn", "/encryption/kms_key_id"))).toBe(STEP.where);
    expect(stepOfFaults(at("/auth/role_arn"))).toBe(STEP.access);
    expect(stepOfFaults(at("/auth/type"))).toBe(STEP.where);
  });

  test("stays where it is for a problem without a field", () => {
    expect(stepOfFaults([])).toBe(STEP.create);
    expect(stepOfFaults(at("/unknown"))).toBe(STEP.create);
  });

  test("shows what the policies' call finds at the fields that the call was made of", () => {
    expect(asBodyFaults(at("#query/bucket", "#query/kms_key_arn", "/name")).map(({ pointer }) => pointer)).toEqual([
      "/bucket",
      "/encryption/kms_key_id",
      "/name",
    ]);
  });
});

test("a connection test counts the steps that failed, and not those that were skipped", () => {
  const steps = [
    { name: "assume_role", status: "skipped", detail: "" },
    { name: "write", status: "failed", detail: "" },
    { name: "delete", status: "passed", detail: "" },
  ] as const;
  expect(failedSteps(steps)).toBe(1);
});
