/** Who deploys, and into which account. */

import { wrangler } from "../stack.ts";
import { CloudflareApi, CloudflareError } from "./api.ts";
import type { Operator } from "./operator.ts";

export interface Account {
  id: string;
  name: string;
}

/** Wrangler's answer: what it signs its own calls with. */
type Credentials = { type: "api_key"; key: string; email: string } | { type: "oauth" | "api_token"; token: string };

const HOW =
  "Run: npx wrangler login. Without a browser: set CLOUDFLARE_API_TOKEN (docs/deploying.md lists its permissions).";

/** @throws Error that says how to sign in. */
export async function signIn(): Promise<CloudflareApi> {
  const token = process.env["CLOUDFLARE_API_TOKEN"] ?? "";
  if (token !== "") return new CloudflareApi({ Authorization: `Bearer ${token}` });
  let answer: string;
  try {
    answer = await wrangler(["auth", "token", "--json"]);
  } catch (thrown) {
    throw new Error(`Nobody is signed in to Cloudflare. ${HOW}`, { cause: thrown });
  }
  const credentials = JSON.parse(answer.slice(answer.indexOf("{"))) as Credentials;
  return new CloudflareApi(
    credentials.type === "api_key"
      ? { "X-Auth-Key": credentials.key, "X-Auth-Email": credentials.email }
      : { Authorization: `Bearer ${credentials.token}` },
  );
}

/**
 * @param asked a name or an id; null: the only account, or the one that is chosen on the terminal.
 * @throws Error without such an account, or with several and no terminal to ask at.
 */
export async function chooseAccount(api: CloudflareApi, asked: string | null, operator: Operator): Promise<Account> {
  const accounts = await readAccounts(api);
  const listed = accounts.map(({ id, name }) => `  ${id}  ${name}`).join("\n");
  if (asked !== null) {
    const chosen = accounts.filter(({ id, name }) => id === asked || name === asked);
    const [account] = chosen;
    if (account === undefined || chosen.length > 1)
      throw new Error(`--account ${asked} is none of the accounts that you may use, or several:\n${listed}`);
    return account;
  }
  const [only] = accounts;
  if (only === undefined) throw new Error(`This sign-in may use no account. ${HOW}`);
  if (accounts.length === 1) return only;
  if (!operator.answers) throw new Error(`There are several accounts: choose one with --account ID.\n${listed}`);
  operator.say(`You may use several accounts:\n${listed}`);
  return chooseAccount(api, await operator.ask("Which one (id or name)?"), operator);
}

async function readAccounts(api: CloudflareApi): Promise<Account[]> {
  try {
    return await api.list<Account>("/accounts");
  } catch (thrown) {
    if (thrown instanceof CloudflareError && thrown.isForbidden)
      throw new Error(`Cloudflare does not accept the sign-in. ${HOW}`, { cause: thrown });
    throw thrown;
  }
}
