/**
 * A tool that makes a call of the API with the caller's own key. The call passes the whole chain of its operation, so
 * that key, scope, limits, validation and errors are those of HTTP: nothing of them is written here.
 */

import type { CallToolResult, Tool as ToolDefinition, ToolAnnotations } from "@modelcontextprotocol/server";
import * as z from "zod";
import { invalid, SpillwayError } from "../../errors.ts";
import type { Call, Route } from "../route.ts";
import { type JsonSchema, schemaOfParameters } from "./argument-schemas.ts";
import { bounded } from "./bounded.ts";
import { type Arguments, READS, type Tool } from "./tool.ts";
import { toolError } from "./tool-errors.ts";

/** What a tool adds to its operation. */
export interface OperationTool {
  name: string;
  title: string;
  /** For the assistant: what the tool does, and when to use it. */
  description: string;
  /** Default: it reads. */
  hints?: ToolAnnotations;
  /** Default: made from the operation's path and query. */
  inputSchema?: () => JsonSchema;
  /** Arguments whose default or maximum is smaller than the API's. */
  limit?: { default: number; max: number };
  /** The argument `idempotency_key` becomes the header. */
  idempotent?: true;
  /** Refuses arguments that the API would accept. @throws invalid_request with pointers into the arguments. */
  check?(sent: Arguments): void;
  /** The answer without what an assistant should not have. Default: as it is. */
  show?(body: Record<string, unknown>): Record<string, unknown>;
  /** The answer in one sentence. @param retryAfter seconds, of an answer that has the header. */
  sentence(body: Record<string, unknown>, retryAfter: number | null): string;
}

const IDEMPOTENCY_KEY: JsonSchema = {
  type: "string",
  description:
    "A new random text for each export that is wanted. A repeated call with the same text creates no second.",
};
/** What the header can carry. Its length is checked by the API. */
const HEADER_TEXT = /^[\x21-\x7e]*$/;

/** @param operation the route behind the tool. */
export function operationTool(words: OperationTool, operation: Route): Tool {
  let known: ToolDefinition | undefined;
  const inputSchema = () => {
    const schema =
      words.inputSchema?.() ?? schemaOfParameters({ ...shapeOf(operation.params), ...shapeOf(operation.query) });
    const { limit } = words;
    const properties = {
      ...schema.properties,
      ...(limit === undefined
        ? {}
        : { limit: { type: "integer", minimum: 1, maximum: limit.max, default: limit.default } }),
      ...(words.idempotent === undefined ? {} : { idempotency_key: IDEMPOTENCY_KEY }),
    };
    return { ...schema, type: "object" as const, properties };
  };
  return {
    name: words.name,
    auth: operation.auth,
    definition: () =>
      (known ??= {
        name: words.name,
        title: words.title,
        description: `${words.description}\n\nNeeds the scope ${operation.auth}.`,
        inputSchema: inputSchema() as ToolDefinition["inputSchema"],
        annotations: { title: words.title, ...(words.hints ?? READS) },
      }),
    async run(call, sent) {
      words.check?.(sent);
      const { idempotency_key: key, ...others } = sent;
      const asked = words.idempotent === undefined ? sent : others;
      const limit = words.limit === undefined ? {} : { limit: limitOf(words.limit, sent["limit"]) };
      const request = requestOf(call, operation, { ...asked, ...limit });
      if (words.idempotent !== undefined && key !== undefined && key !== null)
        request.headers.set("idempotency-key", headerText(key));
      return resultOf(words, await call.serve(request));
    },
  };
}

const shapeOf = (schema: z.ZodType | undefined): z.ZodRawShape => (schema instanceof z.ZodObject ? schema.shape : {});

/** @returns what was sent, which the API checks further. @throws invalid_request. */
function limitOf({ default: usual, max }: NonNullable<OperationTool["limit"]>, sent: unknown): unknown {
  if (sent === undefined || sent === null) return usual;
  if (Number(sent) <= max) return sent;
  throw invalid({ pointer: "/limit", detail: `limit must be a number of at most ${max} here.` });
}

/** The call of the API that the arguments ask for. What is no part of the path is its body, or its query. */
function requestOf({ url, request: { headers, signal } }: Call, operation: Route, sent: Arguments): Request {
  const named = new Map(Object.entries(sent).filter(([, value]) => value !== null && value !== undefined));
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const segment = segmentOf(name, named.get(name));
    named.delete(name);
    return segment;
  });
  const to = new URL(path, url.origin);
  const own = new Headers({ authorization: headers.get("authorization") ?? "" });
  if (operation.body === undefined) {
    for (const [name, value] of named) to.searchParams.set(name, inQueryText(value));
    return new Request(to, { method: operation.method, headers: own, signal });
  }
  own.set("content-type", "application/json");
  return new Request(to, {
    method: operation.method,
    headers: own,
    body: JSON.stringify(Object.fromEntries(named)),
    signal,
  });
}

/** @throws invalid_request for an id that is missing or no text; not_found for one that no path can have. */
function segmentOf(name: string, id: unknown): string {
  if (id === undefined || id === "") throw invalid({ pointer: `/${name}`, detail: `${name} is missing: send an id.` });
  if (typeof id !== "string") throw invalid({ pointer: `/${name}`, detail: `${name} must be a text.` });
  // A URL would resolve them.
  if (id === "." || id === "..") throw new SpillwayError("not_found");
  return encodeURIComponent(id);
}

const inQueryText = (value: unknown) =>
  typeof value === "string" ? value : Array.isArray(value) ? value.join(",") : JSON.stringify(value);

/** @throws invalid_request for a text that no header can have. */
function headerText(key: unknown): string {
  if (typeof key === "string" && HEADER_TEXT.test(key)) return key;
  throw invalid({ pointer: "/idempotency_key", detail: "idempotency_key must be a text of visible ASCII characters." });
}

async function resultOf(tool: OperationTool, response: Response): Promise<CallToolResult> {
  const text = await response.text();
  const wait = response.headers.get("retry-after");
  const retryAfter = wait === null ? null : Number(wait);
  if (!response.ok) return toolError(JSON.parse(text) as Parameters<typeof toolError>[0], retryAfter);
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  const body = (isJson ? JSON.parse(text) : { text }) as Record<string, unknown>;
  const shown = tool.show?.(body) ?? body;
  return bounded(shown, (kept) => tool.sentence(kept, retryAfter), tool.name);
}
