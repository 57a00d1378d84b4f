/** The OpenAPI document as clients need it: without pages for people and scripts for browsers. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";

export interface DocumentOfCalls {
  info: { title: string; description: string };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { parameters: Record<string, Parameter> };
}

/** What a call takes, as far as a reader of the document here needs it. */
export interface Operation {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  security: object[];
  parameters?: (Parameter | { $ref: string })[];
  requestBody?: { content: Record<string, { example?: unknown }> };
  responses: Record<string, unknown>;
}

type Scalar = string | number | boolean;

export interface Parameter {
  in: "path" | "query" | "header";
  name: string;
  required?: boolean;
  description?: string;
  example?: Scalar;
  schema: { example?: Scalar; examples?: Scalar[]; default?: Scalar; enum?: Scalar[] };
}

const SCRIPT = join(import.meta.dirname, "openapi.ts");

/** What no client calls. */
const PAGES = /^(\/|\/openapi\.json|\/tracker\.js|\/(docs|console|portal|assets|problems)(\/.*)?|\/mcp)$/;

/**
 * @param date the day of the examples, such as `2026-01-16`; by default today.
 * @throws Error where the document cannot be made.
 */
export function documentOfCalls(date?: string): DocumentOfCalls {
  const args = date === undefined ? [] : ["--date", date];
  const { stdout, stderr, status } = spawnSync(process.execPath, [SCRIPT, ...args], {
    encoding: "utf8",
    maxBuffer: 64_000_000,
  });
  if (status !== 0) throw new Error(`The OpenAPI document cannot be made: ${stderr}`);
  const document = JSON.parse(stdout) as DocumentOfCalls;
  const paths = Object.entries(document.paths).filter(([path]) => !PAGES.test(path));
  return { ...document, paths: Object.fromEntries(paths) };
}
