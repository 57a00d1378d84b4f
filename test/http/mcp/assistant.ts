/** An assistant: the SDK's client. */

import { type CallToolResult, Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

/** The revisions of the protocol that clients speak: with a handshake, and without one. */
export const REVISIONS = ["legacy", "auto"] as const;

export interface Assistant {
  client: Client;
  /** Calls a tool. */
  use: (tool: string, sent?: Record<string, unknown>) => Promise<CallToolResult>;
  /** Calls a tool that must succeed. @returns its values. */
  read: <Content>(tool: string, sent?: Record<string, unknown>) => Promise<Content>;
  /** Calls a tool that must fail. @returns its error. */
  fail: (tool: string, sent?: Record<string, unknown>) => Promise<ToolError>;
}

export interface ToolError {
  code: string;
  status: number;
  detail: string;
  errors?: { pointer: string; detail: string }[];
  must_act: string;
  retryable: boolean;
  retry_after_seconds: number | null;
}

/** @param fetch reaches the service. @param mode the revisions that the client speaks. */
export async function connectTo(
  origin: string,
  key: string,
  mode: (typeof REVISIONS)[number],
  fetch: (url: string | URL, init?: RequestInit) => Promise<Response>,
): Promise<Assistant> {
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
  const requestInit = { headers: { authorization: `Bearer ${key}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${origin}/mcp`), { requestInit, fetch }));
  const use = async (name: string, sent: Record<string, unknown> = {}) => client.callTool({ name, arguments: sent });
  const content = async (failed: boolean, name: string, sent?: Record<string, unknown>) => {
    const result = await use(name, sent);
    if ((result.isError === true) !== failed) throw new Error(`${name}: ${JSON.stringify(result.content)}`);
    return result.structuredContent;
  };
  return {
    client,
    use,
    read: async <Content>(tool: string, sent?: Record<string, unknown>) =>
      (await content(false, tool, sent)) as Content,
    fail: async (tool, sent) => (await content(true, tool, sent)) as ToolError,
  };
}

/** All that the assistant is told: the texts of a result. */
export const textOf = ({ content }: CallToolResult): string =>
  content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
