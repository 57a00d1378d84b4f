/** The line of a request: every failure has one, and of successful calls as many as the operator wants. */

import { afterEach, expect, it, vi } from "vitest";
import { Service } from "../../support/service.ts";

afterEach(() => vi.restoreAllMocks());

/** The lines of one successful call and one that fails, where chance is `random`. */
async function linesOf(percent: string, random: number): Promise<unknown[]> {
  vi.restoreAllMocks();
  const logged = vi.spyOn(console, "log").mockReturnValue();
  const service = new Service({ REQUEST_LOG_PERCENT: percent });
  service.context.runtime.random = () => random;
  await service.call("GET", "/healthz");
  await service.call("GET", "/healthz?deep=1");
  return logged.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown);
}

it("is written for every call where nothing else is set", async () => {
  expect(await linesOf("100", 0.999)).toMatchObject([{ status: 200 }, { status: 401 }]);
});

it("is written for a part of the successful calls and says of how many, and for each failure", async () => {
  expect(await linesOf("1", 0.009)).toMatchObject([{ status: 200, of_requests: 100 }, { status: 401 }]);
  expect(await linesOf("1", 0.01)).toMatchObject([{ status: 401 }]);
  expect(await linesOf("0", 0)).toMatchObject([{ status: 401 }]);
});
