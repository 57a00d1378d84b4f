/**
 * POST /mcp: tools for an assistant, by the Model Context Protocol (streamable HTTP, without sessions). What HTTP can
 * refuse is refused as in every other call: key, limit, media type, size, JSON. The protocol's own errors are answered
 * as the protocol has them.
 */

import { createMcpHandler, localhostAllowedOrigins, validateOriginHeader } from "@modelcontextprotocol/server";
import * as z from "zod";
import { SpillwayError } from "../../errors.ts";
import { logFailure } from "../../log.ts";
import { type Resource, resource } from "../resource.ts";
import { type Call, route, type Route } from "../route.ts";
import { serverFor } from "./server.ts";
import type { Tool } from "./tool.ts";
import { TOOL_NAMES, toolsOf } from "./tools.ts";

const Message = z
  .strictObject({
    jsonrpc: z.literal("2.0"),
    id: z.union([z.string(), z.number()]).optional().meta({ description: "Absent in notifications." }),
    method: z.string().max(200).meta({ example: "tools/call" }),
    params: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ description: "One JSON-RPC 2.0 request or notification. Lists of them are not accepted." });

const Answer = z
  .looseObject({
    jsonrpc: z.literal("2.0"),
    id: z.union([z.string(), z.number()]).nullable(),
    result: z.record(z.string(), z.unknown()).optional(),
    error: z.record(z.string(), z.unknown()).optional().meta({ description: "A number in `code`, and a `message`." }),
  })
  .meta({ description: "One JSON-RPC 2.0 response; in a stream it is the data of the one event." });

/** @param routes every operation of the API, as soon as they are known. */
export function mcpResource(routes: () => readonly Route[]): Resource {
  let tools: ReadonlyMap<string, Tool> | undefined;
  return resource("/mcp", "Assistants", [
    route({
      method: "POST",
      operationId: "mcp",
      summary: "Call a tool as an assistant",
      description: `The endpoint of the [Model Context Protocol](https://modelcontextprotocol.io), streamable HTTP without sessions: an assistant's host is given this address and an API key in \`Authorization\`. The tools are ${TOOL_NAMES.join(", ")}; none cancels or deletes. A tool's call is a call of the API by the same key: it needs the scope, passes the limits and counts as that call does, beside the call of this address. \`tools/list\` has those that the key may use.\n\nErrors of the call behind a tool are results with \`isError\`. Keys with \`origins\` are refused, and so are web pages of other origins.`,
      auth: "key",
      headers: z.object({
        Accept: z.string().optional().meta({
          description:
            "If it is sent, it must allow both `application/json` and `text/event-stream`; since the revision 2026-07-28 the first is enough.",
        }),
        "MCP-Protocol-Version": z.string().optional().meta({ description: "The revision that the client speaks." }),
      }),
      body: {
        schema: Message,
        example: { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "list_datasets", arguments: {} } },
      },
      responses: {
        200: {
          description: "The response, as JSON or as a stream of one event.",
          schema: Answer,
          contentTypes: ["application/json", "text/event-stream"],
        },
        202: { description: "The notification is accepted." },
        400: { description: "A JSON-RPC error where the protocol's revision or its headers are not accepted." },
      },
      async handle(call, { scopes, body }) {
        requireNoOtherPage(call);
        const known = (tools ??= toolsOf(routes()));
        const { name } = body.params ?? {};
        if (typeof name === "string" && known.has(name)) call.notes["tool"] = name;
        let failure: unknown;
        const handler = createMcpHandler(() => serverFor(call, scopes, known), {
          onerror: (error) => (failure = error),
          // Nothing changes that a client could be told of: no stream is left open.
          maxSubscriptions: 0,
        });
        const response = await handler.fetch(withAccept(call.request), { parsedBody: body });
        if (response.status >= 500)
          logFailure("request.failed", failure, { request_id: call.requestId, path: "/mcp", ...call.notes });
        return response;
      },
    }),
  ]);
}

/** A client that names no media types takes any. The SDK would refuse it. */
function withAccept(request: Request): Request {
  const accept = request.headers.get("accept");
  if (accept !== null && !accept.includes("*/*")) return request;
  const headers = new Headers(request.headers);
  headers.set("accept", "application/json, text/event-stream");
  return new Request(request.url, { method: request.method, headers, signal: request.signal });
}

/**
 * A page of another origin may have reached this address by DNS rebinding, which TLS prevents and a service on the own
 * machine cannot notice. Programs send no origin.
 * @throws forbidden.
 */
function requireNoOtherPage({ request, url }: Call): void {
  const own = url.protocol === "https:" ? [url.hostname] : [];
  if (!validateOriginHeader(request.headers.get("origin"), [...localhostAllowedOrigins(), ...own]).ok)
    throw new SpillwayError("forbidden", "Web pages of other origins may not call this address.");
}
