import { describe, expect, it } from "vitest";
import { readWrangler } from "../../scripts/simulate/wrangler.ts";
import { backoffSeconds, MAX_ATTEMPTS } from "../../src/export/pipeline/backoff.ts";

describe("the attempts of a step", () => {
  it("are those of its queue", () => {
    const { consumers } = readWrangler(new URL("../../wrangler.toml", import.meta.url).pathname);
    const steps = consumers.filter(({ queue }) => /-(steps|chunks)$/.test(queue));
    expect(steps.map(({ maxRetries }) => maxRetries + 1)).toEqual([MAX_ATTEMPTS, MAX_ATTEMPTS]);
  });

  it("outlast a bucket that is down for ten minutes, whatever the jitter", () => {
    const delays = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, index) => backoffSeconds(index + 1, 0));
    expect(delays.reduce((sum, delay) => sum + delay, 0)).toBeGreaterThan(600);
  });
});
