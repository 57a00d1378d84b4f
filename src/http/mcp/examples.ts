import type { Examples } from "../example-values.ts";

export const mcpExamples: Examples = {
  mcp: {
    jsonrpc: "2.0",
    id: 1,
    result: {
      content: [{ type: "text", text: "6 datasets can be exported." }],
      structuredContent: { datasets: [{ name: "activity_events", title: "Events of any definition" }] },
    },
  },
};
