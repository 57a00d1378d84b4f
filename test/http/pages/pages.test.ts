/** The page of the console and of the portal: where it is served, what its policy allows, and who may frame it. */

import { beforeAll, describe, expect, it } from "vitest";
import { ADMIN, Service, type Space } from "../../support/service.ts";

const service = new Service();
const FRAMER = "https://app.acme.example";
/** A space whose portal FRAMER may frame. */
let space: Space;

beforeAll(async () => {
  space = await service.space();
  const change = { portal_origins: [FRAMER, "https://acme.example:8443"] };
  await service.json("PATCH", "/v1/space", 200, { key: space.key, body: change });
});

/** The directives of an answer's policy. */
function policyOf(response: Response): Record<string, string> {
  const policy = (response.headers.get("content-security-policy") ?? "").split("; ");
  return Object.fromEntries(policy.map((each) => each.split(/ (.*)/s)));
}

const NOBODY = "'none'";

const ADDRESSES: [path: (id: string) => string, framers: string][] = [
  [() => "/console", NOBODY],
  [() => "/console/", NOBODY],
  [() => "/console/exports/0b7c2f4e-5d0a-4c39-9a53-7f0f6a1f2c11?tab=files&tab=rows", NOBODY],
  [() => "/portal", NOBODY],
  [(id) => `/portal/${id}`, `${FRAMER} https://acme.example:8443`],
  [(id) => `/portal/${id}/`, `${FRAMER} https://acme.example:8443`],
  [(id) => `/portal/${id}/exports/new?dataset=activity_events`, `${FRAMER} https://acme.example:8443`],
  [() => `/portal/${crypto.randomUUID()}`, NOBODY],
  [() => "/portal/no-space", NOBODY],
];

describe.each(ADDRESSES)("the page at %s", (path, framers) => {
  it("is the built page, which nothing keeps", async () => {
    const response = await service.call("GET", path(space.id));
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.text()).toContain('<div id="app">');
  });

  it("runs scripts of this origin alone, none of them inline, and talks to this origin alone", async () => {
    const response = await service.call("HEAD", path(space.id));
    expect(response.status).toBe(200);
    expect(response.headers.get("content-security-policy")).not.toMatch(/unsafe|\*|http(?!s:\/\/(app\.)?acme)/);
    expect(policyOf(response)).toEqual({
      "default-src": "'none'",
      "script-src": "'self'",
      "style-src": "'self'",
      "img-src": "'self' data:",
      "connect-src": "'self'",
      "base-uri": "'none'",
      "form-action": "'none'",
      "frame-ancestors": framers,
    });
  });

  it("tells no other host its address, and is apart from the pages that open it", async () => {
    const { headers } = await service.call("HEAD", path(space.id));
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("permissions-policy")).toContain("camera=()");
  });

  it.each(["POST", "PUT", "PATCH", "DELETE"])("does not take %s", async (method) => {
    const response = await service.call(method, path(space.id));
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    await response.arrayBuffer();
  });
});

it("the portal of a deleted space is framed by nobody", async () => {
  const other = await service.space();
  const change = { portal_origins: [FRAMER] };
  await service.json("PATCH", "/v1/space", 200, { key: other.key, body: change });
  await service.json("DELETE", `/v1/spaces/${other.id}`, 202, { key: ADMIN });
  expect(policyOf(await service.call("HEAD", `/portal/${other.id}`))["frame-ancestors"]).toBe(NOBODY);
});

describe("the files of the page", () => {
  /** Addresses that the page names. */
  async function named(): Promise<string[]> {
    const html = await (await service.call("GET", "/console")).text();
    return [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = ""]) => address);
  }
  const assets = async () => (await named()).filter((address) => address.startsWith("/assets/"));

  it("are all of this origin, and no script is inline", async () => {
    const html = await (await service.call("GET", "/console")).text();
    for (const address of await named()) expect(address).toMatch(/^(\/assets\/[\w.-]+|data:,)$/);
    expect([...html.matchAll(/<script(?![^>]* src=)|<style| style=| on\w+=/g)]).toEqual([]);
  });

  it("are served, and kept for a year", async () => {
    expect(await assets()).not.toEqual([]);
    for (const address of await assets()) {
      const response = await service.call("GET", address);
      expect([address, response.status]).toEqual([address, 200]);
      expect(response.headers.get("content-type")).toMatch(
        address.endsWith(".css") ? /^text\/css/ : /^text\/javascript/,
      );
      expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect((await response.text()).length).toBeGreaterThan(100);
    }
  });

  it("are not sent again to a reader who has them", async () => {
    const [address = ""] = await assets();
    const first = await service.call("GET", address);
    await first.arrayBuffer();
    const headers = { "if-none-match": first.headers.get("etag") ?? "" };
    expect((await service.call("GET", address, { headers })).status).toBe(304);
  });

  it.each([
    "/assets/index-00000000.js",
    "/assets/..%2findex.html",
    "/assets/%2e%2e%2findex.html",
    "/assets/..%2fopenapi-explorer.min.js",
    "/assets/index.html",
    "/assets/",
    "/assets",
    "/assets/a/b.js",
    "/portal/",
    "/consoles",
    "/index.html",
  ])("do not include %s", async (path) => {
    const response = await service.call("GET", path);
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toMatchObject({ code: "not_found" });
  });
});
