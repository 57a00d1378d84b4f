/** What the command says of an error of wrangler. */

import { expect, it } from "vitest";
import { errorSentence } from "../../scripts/deploy/run-wrangler.ts";

const failed = (code: number, said: string): string =>
  [
    "wrangler versions deploy failed:",
    "├ Fetching latest deployment",
    "✘ [ERROR] A request to the Cloudflare API (/accounts/acc/workers/scripts/spillway) failed.",
    "",
    `  ${said} [code: ${code}]`,
    "",
    "  If you think this is a bug, please open an issue at: https://github.com/cloudflare/workers-sdk/issues",
    '🪵  Logs were written to "/home/me/.config/.wrangler/logs/wrangler.log"',
  ].join("\n");

it("is wrangler's sentence and Cloudflare's, without the rest of the output", () => {
  expect(errorSentence(failed(100_146, "The version could not be found."), "acc")).toBe(
    "A request to the Cloudflare API (/accounts/acc/workers/scripts/spillway) failed. The version could not be found. " +
      "[code: 100146]",
  );
});

it.each([
  [100_328, "CPU limits are not supported for the Free plan.", "https://dash.cloudflare.com/acc/workers/plans"],
  [10_089, "Enable Analytics Engine.", "https://dash.cloudflare.com/acc/workers/analytics-engine"],
])("says what to do about code %i, and where", (code, said, where) => {
  expect(errorSentence(failed(code, said), "acc")).toContain(where);
});

it("is the whole output where wrangler says nothing of an error", () => {
  expect(errorSentence("wrangler deploy failed:\nKilled", "acc")).toBe("wrangler deploy failed:\nKilled");
});
