/**
 * The stand-in by hand: `node test/support/cloudflare/main.ts [free] [no-r2]` prints what to export for `wrangler` and
 * the deploy command, then each call. Ctrl-C ends it.
 */

import { Cloudflare } from "./server.ts";

const options = new Set(process.argv.slice(2));
const cloudflare = await new Cloudflare().start();
const account = cloudflare.addAccount({
  plan: options.has("free") ? "free" : "paid",
  hasR2: !options.has("no-r2"),
  zones: [{ id: "3".repeat(32), name: "example.com" }],
});
const reach = `--import=${new URL("reach.ts", import.meta.url).href}`;
for (const [name, value] of Object.entries({
  ...cloudflare.environment,
  CLOUDFLARE_ACCOUNT_ID: account.id,
  NODE_OPTIONS: reach,
  BUCKET_ACCESS_KEY_ID: account.bucketKeys.accessKeyId,
  BUCKET_SECRET_ACCESS_KEY: account.bucketKeys.secretAccessKey,
}))
  console.log(`export ${name}=${value}`);

let shown = 0;
setInterval(() => {
  for (const { status, name } of cloudflare.calls.slice(shown)) console.log(`${status} ${name}`);
  shown = cloudflare.calls.length;
}, 100);
