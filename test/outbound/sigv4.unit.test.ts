/**
 * Signatures against those of another implementation, stage by stage: the request as it is sent, the canonical request,
 * the string to sign, the signature. See test/vectors/sigv4/README.md for where they come from.
 */

import { expect, it } from "vitest";
import { Bucket, sha256Hex, utf8 } from "../../src/outbound/s3.ts";
import { RoleSessions } from "../../src/outbound/sts.ts";
import assumeRole from "../vectors/sigv4/assume-role.json";
import getPresigned from "../vectors/sigv4/get-presigned.json";
import publishedPresigned from "../vectors/sigv4/published-presigned.json";
import putSessionKms from "../vectors/sigv4/put-session-kms.json";
import put from "../vectors/sigv4/put.json";

interface Vector {
  at: string;
  region: string;
  service: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  request: { method: string; url: string; headers: Record<string, string | undefined>; body: string };
  canonical_request: string;
  string_to_sign: string;
}

interface Sent {
  url: URL;
  method: string;
  headers: Headers;
  body: string;
}

/** `20260301T120000Z` in epoch ms. */
const timeOf = (at: string): number =>
  Date.parse(at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));

/** A network that keeps the one call that is made. */
function wire(answer: () => Response): { fetch: typeof fetch; sent: () => Sent } {
  let sent: Sent | undefined;
  return {
    fetch: async (input, init) => {
      const request = new Request(input, init);
      sent = {
        url: new URL(request.url),
        method: request.method,
        headers: request.headers,
        body: await request.text(),
      };
      return answer();
    },
    sent: () => {
      if (sent === undefined) throw new Error("nothing was sent");
      return sent;
    },
  };
}

/** The bucket of a vector: the part of its URL before the object's key. */
function bucketOf(
  { region, credentials, at }: Vector,
  url: string,
  headers: Record<string, string>,
  reach: typeof fetch,
) {
  const store = { url, region, credentials: async () => credentials, headers } as const;
  const conditions = { conditionalPut: "yes", conditionalComplete: "yes" } as const;
  return new Bucket({ ...store, ...conditions }, () => timeOf(at), reach, "customer");
}

/** As Signature Version 4 defines it, of the request as it left, with the headers that it says are signed. */
async function canonicalOf({ url, method, headers, body }: Sent): Promise<string> {
  const [, signed = ""] = /SignedHeaders=([^,]+)/.exec(headers.get("authorization") ?? "") ?? [];
  const encoded = (text: string) =>
    encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const path = url.pathname.split("/").map((part) => encoded(decodeURIComponent(part)));
  const lines = signed.split(";").map((name) => `${name}:${name === "host" ? url.host : headers.get(name)}`);
  const hash = headers.get("x-amz-content-sha256") ?? (await sha256Hex(utf8(body)));
  return [method, path.join("/"), "", ...lines, "", signed, hash].join("\n");
}

async function stringToSignOf(sent: Sent): Promise<string> {
  const [, scope = ""] = /Credential=[^/]+\/([^,]+)/.exec(sent.headers.get("authorization") ?? "") ?? [];
  const digest = await sha256Hex(utf8(await canonicalOf(sent)));
  return ["AWS4-HMAC-SHA256", sent.headers.get("x-amz-date"), scope, digest].join("\n");
}

/** The stages, in their order: the first that differs is where it broke. */
async function expectStages(sent: Sent, vector: Vector & { authorization: string }): Promise<void> {
  expect([sent.method, sent.url.href, sent.body]).toEqual([
    vector.request.method,
    vector.request.url,
    vector.request.body,
  ]);
  expect(await canonicalOf(sent)).toBe(vector.canonical_request);
  expect(await stringToSignOf(sent)).toBe(vector.string_to_sign);
  expect(sent.headers.get("authorization")).toBe(vector.authorization);
}

/** Splits an object's address where its bucket ends. */
function split(url: string, mark: string): [bucket: string, key: string] {
  const end = url.indexOf(mark) + mark.length;
  return [url.slice(0, end), url.slice(end + 1)];
}

it.each([
  ["without a session", put],
  ["with a session, a KMS key and a storage class", putSessionKms],
])(
  "a PUT %s is signed as another implementation signs it",
  async (_what, vector: Vector & { authorization: string }) => {
    const { headers, body } = vector.request;
    const [url, key] = split(vector.request.url, "/customer-exports");
    const own = Object.entries(headers).filter(([name]) => /^x-amz-(server|storage)/.test(name)) as [string, string][];
    // It confirms the encryption, as a store does that has it.
    const { fetch: reach, sent } = wire(() => new Response(null, { headers: own }));
    const bytes = utf8(body);
    await bucketOf(vector, url, Object.fromEntries(own), reach).putOnce(
      key,
      bytes,
      await sha256Hex(bytes),
      "text/plain",
    );
    await expectStages(sent(), vector);
  },
);

it.each([
  ["of another implementation", getPresigned, "/spillway-exports"],
  ["that AWS publishes", publishedPresigned, "amazonaws.com"],
])("a link is the one %s", async (_what, vector, mark) => {
  const [url, key] = split(vector.request.url, mark);
  const { fetch: reach } = wire(() => new Response(null));
  const link = new URL(await bucketOf(vector, url, {}, reach).presign(key, vector.expires));
  expect(`${link.origin}${link.pathname}`).toBe(vector.request.url);
  expect(Object.fromEntries(link.searchParams)).toEqual(Object.fromEntries(new URL(vector.signed_url).searchParams));
});

it("AssumeRole is signed as another implementation signs it, external id and policy in the signed body", async () => {
  const { at, credentials, region, parameters } = assumeRole;
  const { fetch: reach, sent } = wire(() => new Response(null, { status: 403 }));
  const sessions = new RoleSessions({ ...credentials, endpoint: null }, () => timeOf(at), reach);
  const { RoleArn: roleArn, RoleSessionName: sessionName, ExternalId: externalId, Policy: policy } = parameters;
  await sessions.assume({ roleArn, externalId, sessionName, policy, region }).catch(() => {});
  expect(Object.fromEntries(new URLSearchParams(sent().body))).toEqual(parameters);
  await expectStages(sent(), assumeRole);
});
