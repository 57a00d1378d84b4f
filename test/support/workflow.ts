/** Workflows of GitHub in docs/, in the form of GitHub's workflow syntax. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { ROOT } from "./pages.ts";

const text = z.string().min(1);
const environment = z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), text);
const common = { name: text.optional(), if: text.optional(), id: text.optional(), env: environment.optional() };

const step = z.union([
  z.strictObject({ ...common, run: text, shell: text.optional(), "working-directory": text.optional() }),
  z.strictObject({
    ...common,
    // An action has a version.
    uses: z.string().regex(/^[\w-]+\/[\w-]+@v\d+$/),
    with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  }),
]);

const input = z.strictObject({
  description: text,
  required: z.boolean().optional(),
  default: text.optional(),
  type: z.enum(["string", "boolean", "choice", "number", "environment"]).optional(),
});

/**
 * The keys of https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax that the file may use;
 * every other key is an error, as it is at GitHub.
 */
const WORKFLOW = z.strictObject({
  name: text,
  on: z.strictObject({
    schedule: z
      .array(z.strictObject({ cron: z.string().regex(/^(\S+ ){4}\S+$/) }))
      .min(1)
      .optional(),
    push: z.strictObject({ branches: z.array(text).min(1) }).optional(),
    workflow_dispatch: z
      .strictObject({ inputs: z.record(z.string(), input).optional() })
      .nullable()
      .optional(),
  }),
  permissions: z.record(z.string(), z.enum(["read", "write", "none"])),
  concurrency: z.strictObject({ group: text, "cancel-in-progress": z.boolean().optional() }).optional(),
  jobs: z.record(
    z.string().regex(/^[A-Za-z_][\w-]*$/),
    z.strictObject({
      "runs-on": text,
      "timeout-minutes": z.number().int().positive(),
      environment: text.optional(),
      steps: z.array(step).min(1),
    }),
  ),
});

export type Workflow = z.infer<typeof WORKFLOW>;
export type WorkflowStep = z.infer<typeof step>;

/** @throws ZodError where the file is no workflow. */
export function readWorkflow(path = "docs/connect/github-action.yml"): Workflow {
  return WORKFLOW.parse(parse(readFileSync(join(ROOT, path), "utf8")));
}

export function stepsOf({ jobs }: Workflow): WorkflowStep[] {
  return Object.values(jobs).flatMap(({ steps }) => steps);
}

/** @returns the shell lines of the step with this name. @throws Error where there is none. */
export function runOf(name: string): string {
  const found = stepsOf(readWorkflow()).find((each) => each.name === name);
  if (found === undefined || !("run" in found)) throw new Error(`the workflow has no step ${name} that runs`);
  return found.run;
}
