/**
 * The largest call of each kind, in workerd. The heaps of all its isolates are limited, that of the simulated D1 too:
 * V8 ends workerd where a call needs more. What is outside the heaps, such as the bytes of a body, is measured in
 * test/ingest/largest-calls.full.unit.test.ts.
 */

import { describe, expect, it, onTestFinished } from "vitest";
import { createSpace } from "../../scripts/spaces.ts";
import { DEFINITIONS, headersOf, LARGEST, type LargeCall, largestBody, PROFILES } from "../support/largest-bodies.ts";
import { LiveStack } from "./support.ts";

/** With the code of the service. */
const HEAP_MB = 64;
const TOO_SMALL_MB = 30;

async function start(heapMb: number): Promise<LiveStack> {
  const flags = { MINIFLARE_WORKERD_V8_FLAGS: `--max-old-space-size=${heapMb} --max-semi-space-size=2` };
  const stack = new LiveStack([], () => {}, flags);
  onTestFinished(() => stack.remove());
  await stack.start();
  return stack;
}

/** Makes a call in a space of its own. @returns its status; 0 without an answer of the service. */
async function make(origin: string, call: LargeCall): Promise<number> {
  const { space, client } = await createSpace(origin, { name: "Shop", timezone: "UTC", retention_days: 36_500 });
  for (const definition of DEFINITIONS) await client.eventDefinitions.create(definition);
  await client.profiles.put(PROFILES);
  const headers = { ...headersOf(call), authorization: `Bearer ${space.api_key}` };
  const init = { method: call.method, headers, body: largestBody(call), duplex: "half" } as const;
  try {
    const answer = await fetch(new URL(call.path, origin), init);
    await answer.arrayBuffer();
    // wrangler answers 500 in the place of a workerd that has ended.
    return answer.headers.has("x-request-id") ? answer.status : 0;
  } catch {
    return 0;
  }
}

describe("in workerd, a heap", () => {
  it(`of ${HEAP_MB} MB is enough for the largest call of each kind`, async () => {
    const { origin } = await start(HEAP_MB);
    for (const [name, call] of Object.entries<LargeCall>(LARGEST))
      expect({ name, status: await make(origin, call) }).toEqual({ name, status: call.status });
  });

  it(`of ${TOO_SMALL_MB} MB is not, so the limit is effective`, async () => {
    const { origin } = await start(TOO_SMALL_MB);
    expect(await make(origin, LARGEST.json)).toBe(0);
  });
});
