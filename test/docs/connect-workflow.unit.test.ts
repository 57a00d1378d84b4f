/** docs/connect/github-action.yml is a workflow, and keeps its secret. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../support/pages.ts";
import { readWorkflow, stepsOf } from "../support/workflow.ts";

const text = readFileSync(join(ROOT, "docs/connect/github-action.yml"), "utf8");

describe("docs/connect/github-action.yml", () => {
  it("has the form of a workflow", () => {
    expect(() => readWorkflow()).not.toThrow();
  });

  it("gives the key to one step, in its environment", () => {
    const withKey = stepsOf(readWorkflow()).filter((step) => JSON.stringify(step).includes("secrets."));
    expect(withKey.map(({ name, env }) => [name, env?.["SPILLWAY_KEY"]])).toEqual([
      ["Fetch and verify", "${{ secrets.SPILLWAY_KEY }}"],
    ]);
  });

  it("has no expression in its shell lines, which could put an input's text among the commands", () => {
    const lines = stepsOf(readWorkflow()).flatMap((step) => ("run" in step ? [step.run] : []));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter((line) => line.includes("${{"))).toEqual([]);
  });

  it("asks GitHub for no permission", () => {
    expect(readWorkflow().permissions).toEqual({});
  });

  it("explains each secret and variable that it reads", () => {
    const [comment = ""] = text.split("\nname:");
    const read = [...text.matchAll(/\b(?:secrets|vars)\.(\w+)/g)].map(([, name = ""]) => name);
    expect(read.length).toBeGreaterThan(2);
    expect(read.filter((name) => !comment.includes(name))).toEqual([]);
  });
});
