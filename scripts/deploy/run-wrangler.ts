/** Runs wrangler for an installation, and says its errors in one sentence each. */

import { stripVTControlCharacters } from "node:util";
import { wrangler } from "../stack.ts";
import type { Deployment } from "./deployment.ts";

const CODE = /\[code: (\d+)\]/;

/** @throws Error that says what is wrong, and what to do. */
export async function runWrangler(
  deployment: Deployment,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  try {
    const account = { CLOUDFLARE_ACCOUNT_ID: deployment.account.id };
    await wrangler([...args, ...deployment.writeConfig()], { env: { ...account, ...env } });
  } catch (thrown) {
    const output = stripVTControlCharacters(thrown instanceof Error ? thrown.message : String(thrown));
    throw new Error(errorSentence(output, deployment.account.id), { cause: thrown });
  }
}

/** @param output of a wrangler command that failed. @returns what is wrong, and what to do where that is known. */
export function errorSentence(output: string, accountId: string): string {
  return adviceFor(output, `https://dash.cloudflare.com/${accountId}/workers`) ?? sentenceIn(output);
}

/** @returns what to do about an error that Cloudflare has a code for, or null. */
function adviceFor(output: string, dashboard: string): string | null {
  switch (CODE.exec(output)?.[1] ?? "") {
    case "100328":
      return `the account has the free plan, whose Workers have no CPU limit to set. Choose Workers Paid: ${dashboard}/plans`;
    case "10089":
      return `Analytics Engine is turned off in this account. Turn it on: ${dashboard}/analytics-engine`;
    default:
      return null;
  }
}

/** @returns wrangler's own sentence, and those of Cloudflare, which have codes; without frames and advertisements. */
function sentenceIn(output: string): string {
  const lines = output.split("\n").map((line) => line.trim());
  const begin = lines.findIndex((line) => line.includes("[ERROR]"));
  if (begin === -1) return output.trim();
  const [first = "", ...rest] = lines.slice(begin);
  return [first.replace(/^.*\[ERROR\]\s*/, ""), ...rest.filter((line) => CODE.test(line))].join(" ");
}
