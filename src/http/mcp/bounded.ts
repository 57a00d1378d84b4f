/** Answers for an assistant: their form, and how large they may be. */

import type { CallToolResult } from "@modelcontextprotocol/server";

/** Bytes of JSON in one answer: hosts refuse or cut longer ones (Claude Code by default takes 25,000 tokens). */
const MAX_BYTES = 60_000;

type Content = Record<string, unknown>;

/**
 * An answer within the bounds. A page that is too long loses its last items, and its cursor, which would skip them.
 * @param sentence tells the assistant what the content is.
 */
export function bounded(content: Content, sentence: (content: Content) => string, tool: string): CallToolResult {
  const { data, ...others } = content;
  if (bytesOf(content) <= MAX_BYTES) return answer(sentence(content), content);
  if (!Array.isArray(data)) return tooLarge(tool);
  const kept = fitting(data as unknown[]);
  if (kept.length === 0) return tooLarge(tool);
  const page = { ...others, data: kept, next_cursor: null, left_out: data.length - kept.length };
  return answer(
    `${sentence(page)} The page was too long: only its first ${kept.length} items are here. Ask again with limit ${kept.length}; that answer has the cursor of the rest.`,
    page,
  );
}

/**
 * One sentence, and the values both as JSON text and as `structuredContent`, because some hosts show the assistant only
 * the one or the other.
 */
function answer(sentence: string, content: Content): CallToolResult {
  return {
    content: [
      { type: "text", text: sentence },
      { type: "text", text: JSON.stringify(content) },
    ],
    structuredContent: content,
  };
}

function tooLarge(tool: string): CallToolResult {
  const text = `The answer of ${tool} is longer than the ${MAX_BYTES} bytes that an assistant is given. Ask for less, or read it over HTTP.`;
  return { isError: true, content: [{ type: "text", text }] };
}

/** The first items whose JSON fits, with room for what is around them. */
function fitting(items: readonly unknown[]): unknown[] {
  let left = MAX_BYTES - 1_000;
  const tooMany = items.findIndex((item) => (left -= bytesOf(item) + 1) < 0);
  return tooMany === -1 ? [...items] : items.slice(0, tooMany);
}

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
