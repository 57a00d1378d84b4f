/** docs/workflows has workflows of GitHub for operators, which keep their secrets and name what they need. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readOptions } from "../../scripts/deploy/options.ts";
import { ROOT } from "../support/pages.ts";
import { readWorkflow, stepsOf } from "../support/workflow.ts";

const FILES = readdirSync(join(ROOT, "docs/workflows")).map((name) => `docs/workflows/${name}`);

const linesOf = (path: string) =>
  stepsOf(readWorkflow(path)).flatMap((step) => ("run" in step ? step.run.split("\n") : []));

describe.each(FILES)("%s", (path) => {
  const text = readFileSync(join(ROOT, path), "utf8");

  it("has the form of a workflow, and may read the repository alone", () => {
    expect(readWorkflow(path).permissions).toEqual({ contents: "read" });
  });

  it("has no expression in its shell lines, and gives secrets to steps by their environment", () => {
    expect(linesOf(path).filter((line) => line.includes("${{"))).toEqual([]);
    expect(text.match(/secrets\./g)?.length).toBe(text.match(/^ {10}[A-Z_]+: \$\{\{ secrets\.\w+ \}\}$/gm)?.length);
  });

  it("explains each secret and variable that it reads", () => {
    const [comment = ""] = text.split("\nname:");
    const read = [...text.matchAll(/\b(?:secrets|vars)\.(\w+)/g)].map(([, name = ""]) => name);
    expect(read.length).toBeGreaterThan(2);
    expect(read.filter((name) => !comment.includes(name))).toEqual([]);
  });

  it("runs commands that the project has, and sends files that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const lines = linesOf(path);
    const run = lines.flatMap((line) => /npm run ([\w:]+)/.exec(line)?.[1] ?? []);
    expect(run.filter((name) => !(name in scripts))).toEqual([]);
    const sent = lines.flatMap((line) => /@(docs\/[\w./-]+)/.exec(line)?.[1] ?? []);
    expect(sent.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});

it("docs/workflows/deploy.yml deploys production with options that the command has, and asks nothing", () => {
  const line = linesOf("docs/workflows/deploy.yml").find((each) => each.includes("npm run deploy")) ?? "";
  const [, args = ""] = line.split(" -- ");
  expect(readOptions(args.split(" "))).toMatchObject({ environment: "production", yes: true, gradual: [10, 50] });
});
