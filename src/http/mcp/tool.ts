/** What a tool of an assistant is: words for the assistant, the scope that it needs, and its work. */

import type { CallToolResult, Tool as ToolDefinition } from "@modelcontextprotocol/server";
import type { Call, Route } from "../route.ts";

/** What a client sends as the tool's arguments: not validated yet. */
export type Arguments = Readonly<Record<string, unknown>>;

export interface Tool {
  name: string;
  /** As `tools/list` shows it. */
  definition(): ToolDefinition;
  /** As of the operation behind it; `key`: any key of the space. */
  auth: Route["auth"];
  /** @throws SpillwayError with pointers into the arguments. */
  run(call: Call, sent: Arguments): Promise<CallToolResult>;
}

/** Words about the tool's effect, for the host, which may ask a person first. No tool removes anything. */
export const READS = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };
