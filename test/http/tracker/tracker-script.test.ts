/** GET /tracker.js: any page may load it, and a browser keeps it. */

import { expect, it } from "vitest";
import { SCRIPT } from "../../../src/http/tracker/script.ts";
import { Service } from "../../support/service.ts";

const service = new Service();
const get = (headers: Record<string, string> = {}) => service.call("GET", "/tracker.js", { headers });

it("is sent to anyone, for pages of every origin, and may be kept for an hour", async () => {
  const answer = await get({ origin: "https://shop.example" });
  const named = ["content-type", "cache-control", "cross-origin-resource-policy", "x-content-type-options"];
  expect([answer.status, await answer.text(), ...named.map((name) => answer.headers.get(name))]).toEqual([
    200,
    SCRIPT,
    "text/javascript; charset=utf-8",
    "public, max-age=3600",
    "cross-origin",
    "nosniff",
  ]);
});

it("is not sent again to a browser that has this version", async () => {
  const etag = (await get()).headers.get("etag") ?? "";
  const same = await get({ "if-none-match": `"old", W/${etag}` });
  expect([same.status, await same.text(), same.headers.get("etag")]).toEqual([304, "", etag]);
  expect((await get({ "if-none-match": '"old"' })).status).toBe(200);
});
