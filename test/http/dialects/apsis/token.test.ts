/** The table of docs/dialects/apsis.md: access tokens. */

import { beforeAll, describe, expect, it } from "vitest";
import { roomyService } from "../../../support/pipeline.ts";
import type { Service, Space } from "../../../support/service.ts";
import { credentialsOf, refusal, tokenFor } from "./token.ts";

let service: Service;
let space: Space;

beforeAll(async () => {
  service = roomyService({ DIALECTS: "apsis" });
  space = await service.space();
});

const ask = (body: unknown, status = 200) =>
  service.json<Record<string, unknown>>("POST", "/oauth/token", status, { body });
const use = async (token: string, status = 200) =>
  service.json<Record<string, unknown>>("GET", "/audience/sections", status, { key: token });

/** What the product's gateway answers. */
const denied = (detail: RegExp) => ({
  ...refusal(403, detail),
  title: "The request has no valid access token: get one at `POST /oauth/token`.",
  message: "User is not authorized to access this resource with an explicit deny",
});

describe("a token", () => {
  it("is a bearer token for 24 hours, which no cache keeps", async () => {
    const response = await service.call("POST", "/oauth/token", { body: credentialsOf(space.key) });
    expect([response.status, response.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(await response.json()).toEqual({
      access_token: expect.stringMatching(/^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$/) as string,
      expires_in: 86_400,
      token_type: "Bearer",
    });
  });

  it("is a JSON Web Token that names its key and its end, and has no key in the clear", async () => {
    const token = await tokenFor(service, space.key);
    const [header, claims, sealed] = token.split(".").map((part) => Buffer.from(part, "base64url").toString());
    expect(JSON.parse(header ?? "")).toMatchObject({ typ: "JWT" });
    const iat = service.now / 1_000;
    expect(JSON.parse(claims ?? "")).toEqual({ sub: space.key.split("_")[1], iat, exp: iat + 86_400 });
    const secret = space.key.slice(-43);
    expect(`${header}${claims}${sealed}`).not.toContain(secret);
  });

  it("holds to the last second, and not longer", async () => {
    const { now } = service;
    const token = await tokenFor(service, space.key);
    service.now = now + 86_399_999;
    await use(token);
    service.now = now + 86_400_000;
    expect(await use(token, 403)).toEqual(denied(/ended at 2026-03-02T12:00:00\.000Z.*new one/));
    service.now = now;
  });

  it("ends with its key", async () => {
    const { now } = service;
    const key = await service.keyWith(space, ["profiles:read"]);
    const token = await tokenFor(service, key);
    await use(token);
    await service.json("DELETE", `/v1/api-keys/${key.split("_")[1]}`, 204, { key: space.key });
    service.now = now + 60_000;
    expect(await use(token, 403)).toEqual(denied(/revoked/));
    service.now = now;
  });

  it("acts for its own space, beside others in use", async () => {
    const other = await service.space();
    await service.json("PUT", "/v1/tags/vip", 200, { key: other.key, body: { section_id: "theirs", name: "VIP" } });
    const [own, theirs] = [await tokenFor(service, space.key), await tokenFor(service, other.key)];
    const sections = async (token: string) =>
      ((await use(token))["items"] as { discriminator: string }[]).map(({ discriminator }) => discriminator);
    expect([await sections(own), await sections(theirs)]).toEqual([["default"], ["default", "theirs"]]);
  });

  it("outlives a rotation of the key that encrypts, and ends with that key", async () => {
    const old = `k1:${Buffer.alloc(32, 1).toString("base64")}`;
    const fresh = `k2:${Buffer.alloc(32, 2).toString("base64")}`;
    const statusWith = async (SECRETS_KEY: string) => {
      const options = { key: token };
      return (await roomyService({ DIALECTS: "apsis", SECRETS_KEY }).call("GET", "/audience/sections", options)).status;
    };
    const token = await tokenFor(roomyService({ DIALECTS: "apsis", SECRETS_KEY: old }), space.key);
    expect([await statusWith(`${fresh},${old}`), await statusWith(fresh)]).toEqual([200, 403]);
  });
});

describe("the gateway's refusal", () => {
  it.each<[string, (token: string) => string]>([
    ["nothing of a token", () => "token"],
    ["an API key", () => space.key],
    ["two parts of a token", (token) => token.split(".").slice(0, 2).join(".")],
    ["a token with a part more", (token) => `${token}.x`],
    ["a token with another end", (token) => withLaterEnd(token)],
    ["a token with another signature", (token) => token.replace(/.$/, (last) => (last === "A" ? "B" : "A"))],
    ["a token with a character behind it", (token) => `${token}A`],
    ["a token with padding", (token) => `${token}=`],
    ["a token with a foreign character in its last part", (token) => token.replace(/.{4}$/, (end) => `!${end}`)],
    ["a very long text", () => "eyJ.".repeat(1_000)],
  ])("answers %s", async (_, change) => {
    const token = await tokenFor(service, space.key);
    expect(await use(change(token), 403)).toEqual(denied(/not an access token of this service/));
  });

  it("answers no token, and another scheme", async () => {
    const missing = await service.call("GET", "/audience/sections");
    expect([missing.status, missing.headers.get("content-type")]).toEqual([403, "application/problem+json"]);
    expect(await missing.json()).toEqual(denied(/Authorization is missing/));
    const headers = { authorization: "Basic eDp5" };
    expect(await service.json("GET", "/audience/sections", 403, { headers })).toEqual(denied(/must be Bearer/));
  });

  it("answers credentials that are wrong, of another key, or of a revoked one", async () => {
    const own = credentialsOf(space.key);
    const other = await service.keyWith(space, ["profiles:read"]);
    for (const wrong of [
      { ...own, client_id: "0".repeat(24) },
      { ...own, client_id: "" },
      { ...own, client_secret: "" },
      { ...own, client_secret: other },
      { ...own, client_secret: space.key.replace(/.$/, (last) => (last === "A" ? "B" : "A")) },
      credentialsOf(`spw_${"0".repeat(24)}_${"A".repeat(43)}`),
    ])
      expect(await ask(wrong, 403)).toEqual(denied(/./));
    await service.json("DELETE", `/v1/api-keys/${other.split("_")[1]}`, 204, { key: space.key });
    expect(await ask(credentialsOf(other), 403)).toEqual(denied(/revoked/));
  });
});

function withLaterEnd(token: string): string {
  const [header, claims = "", sealed] = token.split(".");
  const said = JSON.parse(Buffer.from(claims, "base64url").toString()) as { exp: number };
  const later = Buffer.from(JSON.stringify({ ...said, exp: said.exp + 1 })).toString("base64url");
  return `${header}.${later}.${sealed}`;
}

describe("a request of a token", () => {
  it.each<[string, unknown]>([
    ["another grant", { ...credentialsOf("spw_a_b"), grant_type: "password" }],
    ["no grant", { client_id: "a", client_secret: "b" }],
    ["no id", { grant_type: "client_credentials", client_secret: "b" }],
    ["a secret that is a number", { grant_type: "client_credentials", client_id: "a", client_secret: 1 }],
    ["no JSON", "grant_type=client_credentials"],
    ["nothing", undefined],
  ])("is 400 with %s", async (_, body) => {
    expect(await ask(body, 400)).toMatchObject(refusal(400));
  });

  it("counts as a call of the space", async () => {
    const limited = roomyService({ DIALECTS: "apsis", API_LIMIT: "3" });
    const { key } = await limited.space();
    const body = credentialsOf(key);
    for (let n = 0; n < 3; n += 1) await limited.json("POST", "/oauth/token", 200, { body });
    const refused = await limited.call("POST", "/oauth/token", { body });
    expect([refused.status, Number(refused.headers.get("retry-after"))]).toEqual([429, expect.any(Number)]);
    expect(await refused.json()).toEqual(refusal(429));
  });
});
