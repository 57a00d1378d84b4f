/** An assistant over HTTP: the SDK's client and wrangler's own server, with the streams between them. */

import { beforeAll, describe, expect, it } from "vitest";
import { type Assistant, connectTo, REVISIONS, textOf } from "../http/mcp/assistant.ts";
import { ALL_ORDERS, liveStack, openShop, orders, type Shop } from "./support.ts";

const EVENTS = 5_000;

const stack = liveStack("--var", "POLL_LIMIT:1000", "--var", "LIST_LIMIT:1000");
let shop: Shop;

beforeAll(async () => {
  shop = await openShop(stack.origin);
  await shop.client.events.send(orders(EVENTS));
});

/** Asks as often as the answers say, until the export has ended. @returns the last answer. */
async function followed(assistant: Assistant, id: string) {
  for (;;) {
    const answer = await assistant.use("get_export", { id });
    const [, seconds] = /Ask get_export again in (\d+) seconds/.exec(textOf(answer)) ?? [];
    if (seconds === undefined) return answer.structuredContent as { status: string; content_url: string };
    await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1_000));
  }
}

describe.each(REVISIONS)("an assistant that connects in the way %s", (mode) => {
  it("creates an export and follows it to its end; the key reads its content", async () => {
    const key = shop.space.api_key;
    const assistant = await connectTo(stack.origin, key, mode, fetch);
    const { id } = await assistant.read<{ id: string }>("create_export", ALL_ORDERS);
    const { status, content_url: url } = await followed(assistant, id);
    expect(status).toBe("completed");
    const content = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
    expect((await content.text()).trim().split("\n")).toHaveLength(EVENTS);
    await assistant.client.close();
  });

  it("makes many calls at a time, and each gets its own answer", async () => {
    const assistant = await connectTo(stack.origin, shop.space.api_key, mode, fetch);
    const { start, end } = ALL_ORDERS;
    const limits = Array.from({ length: 20 }, (_, n) => n + 1);
    const pages = await Promise.all(
      limits.map((limit) => assistant.read<{ data: unknown[] }>("list_events", { start, end, limit })),
    );
    expect(pages.map(({ data }) => data.length)).toEqual(limits);
    await assistant.client.close();
  });
});
