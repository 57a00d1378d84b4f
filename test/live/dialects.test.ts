/**
 * Clients that were written from the documentation of three products alone, over HTTP: codings, redirects and links as
 * their users meet them. Infobip's needs a bucket and a role of the customer's, and is in test/interop.
 */

import { gunzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { ApsisClient } from "../http/dialects/apsis/client.ts";
import { BatchClient } from "../http/dialects/batch/client.ts";
import { CometlyClient } from "../http/dialects/cometly/client.ts";
import { liveStack, openShop, type Shop } from "./support.ts";

const POLL_EVERY_MS = 300;
const pause = () => new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));

const stack = liveStack("--var", "DIALECTS:cometly,apsis,batch", "--var", "POLL_LIMIT:1000");
let shop: Shop;
let key: string;

beforeAll(async () => {
  shop = await openShop(stack.origin);
  key = shop.space.api_key;
  await shop.client.tags.put("vip", { section_id: "people", name: "VIP" });
  await shop.client.profiles.put([
    { person_id: "51", identifiers: { custom_id: "User1" }, attributes: { $language: "fr" }, tags: ["vip"] },
  ]);
  const sale = { id: "123", definition_id: "purchase", person_id: "51", occurred_at: "2026-02-28T12:00:00Z" };
  await shop.client.events.send([{ ...sale, properties: { amount: 99.99 } }]);
});

test("Cometly's creates an export, polls it to its end, and reads the file behind the link", async () => {
  const client = new CometlyClient(`${stack.origin}/public-api/v1`, key, fetch);
  const { export_id: id } = await client.createExport({ date: "2026-02-28", fields: ["event_name", "amount"] });
  const { download_url: url = "" } = await client.completed(id, pause);
  const file = gunzipSync(await (await fetch(url)).arrayBuffer()).toString("utf8");
  expect(file).toBe('{"id":123,"event_time_utc":"2026-02-28T12:00:00Z","event_name":"purchase","amount":99.99}\n');
});

test("APSIS One's gets a token, requests an export, and reads it from its poll URL, plain and compressed", async () => {
  const client = new ApsisClient(stack.origin, { id: key.split("_")[1] ?? "", secret: key }, fetch);
  const tags = await client.definitions("people", "tags");
  const url = await client.requestExport({
    sections: [{ section_discriminator: "people", tags: [ApsisClient.liveVersion(tags, "vip")] }],
  });
  const plain = await client.download(url, pause, { "accept-encoding": "identity" });
  expect(plain.headers.get("content-encoding")).toBeNull();
  const text = await plain.text();
  expect(JSON.parse(text)).toEqual({
    profiles: { "51": { sections: { people: { attributes: { vip: { value: null } } } } }, "p-1": { sections: {} } },
  });
  const packed = await client.download(url, pause, { "accept-encoding": "gzip" });
  expect(packed.headers.get("content-encoding")).toBe("gzip");
  // fetch decodes what it is sent.
  expect(await packed.text()).toBe(text);
});

test("Batch's creates an export, polls it to its end, and reads the lines behind the redirect", async () => {
  const { project_key: project } = await shop.client.space.get();
  const client = new BatchClient(`${stack.origin}/2.4`, { rest: key, project }, (url, init) =>
    fetch(url, { ...init, redirect: "manual" }),
  );
  const id = await client.createExport({
    export_type: "ATTRIBUTES",
    attributes: ["$language"],
    identifiers: ["custom_id"],
  });
  const lines = await client.lines(await client.succeeded(id, pause), (location) => fetch(location));
  expect(lines).toEqual([
    { attributes: { $language: "fr" }, identifiers: { custom_id: "User1" } },
    { attributes: { $language: null }, identifiers: { custom_id: null } },
  ]);
});
