/** Calls as commands of a shell. */

import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { curlOf } from "../../console/src/ui/curl.ts";

/** What a shell gives curl for a command. */
const argumentsOf = (command: string): unknown[] => {
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}`;
  return execFileSync("sh", ["-c", script], { env: { ...process.env, KEY: "sk_1" }, encoding: "utf8" })
    .split("\0")
    .slice(0, -1);
};

it("gives curl the address, the key of the shell's variable, and the body as it is", () => {
  const body = { name: `O'Neill "$HOME" \`x\`\n` };
  const command = curlOf({ method: "POST", origin: "https://exports.example", path: "/v1/exports", body });
  expect(argumentsOf(command).join("\n")).toBe(
    [
      "-X\nPOST\nhttps://exports.example/v1/exports",
      "-H\nAuthorization: Bearer sk_1\n-H\nContent-Type: application/json",
      `-d\n${JSON.stringify(body, null, 2)}`,
    ].join("\n"),
  );
});

it("has no body where the call has none", () => {
  expect(curlOf({ method: "GET", origin: "https://exports.example", path: "/v1/exports/1" })).not.toContain("-d");
});
