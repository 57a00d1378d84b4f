/**
 * Loaded into a process by `NODE_OPTIONS=--import=…`: its requests for the addresses of deployed Workers reach the
 * stand-in instead of the internet, and requests for other hosts of the internet fail, as without a network. Where
 * ARGUMENTS_FILE is set, the process adds its arguments to that file, as one line.
 */

import { appendFileSync } from "node:fs";

const api = new URL(process.env["CLOUDFLARE_API_BASE_URL"] ?? "http://127.0.0.1");
const file = process.env["ARGUMENTS_FILE"];
if (file !== undefined) appendFileSync(file, `${process.argv.join(" ")}\n`);

const direct = globalThis.fetch;

globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const url = new URL(request.url);
  if (url.protocol !== "https:") return direct(request);
  const local = url.hostname === "127.0.0.1" ? `http://${url.host}` : await find(url.host, request.headers);
  return direct(new Request(request.url.replace(url.origin, local), request));
};

async function find(host: string, headers: Headers): Promise<string> {
  const query = new URLSearchParams({ host, overrides: headers.get("cloudflare-workers-version-overrides") ?? "" });
  const answer = await direct(`${api.origin}/address?${query.toString()}`);
  const origin = await answer.text();
  if (!answer.ok) throw new TypeError("fetch failed", { cause: new Error(`getaddrinfo ENOTFOUND ${host}`) });
  return origin.startsWith("/") ? `${api.origin}${origin}` : origin;
}
