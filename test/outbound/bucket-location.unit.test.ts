/** A bucket's address, the request headers for each kind of store, and the permissions of a session. */

import { describe, expect, it } from "vitest";
import {
  bucketUrl,
  locationFaults,
  type BucketLocation,
  normalizeRegion,
  writeHeaders,
} from "../../src/outbound/bucket-location.ts";
import { permissionsPolicy, sessionPolicy, terraform, trustPolicy } from "../../src/outbound/policies.ts";
import { CAPABILITIES, PROVIDERS } from "../../src/outbound/providers.ts";

const AWS: BucketLocation = {
  provider: "aws",
  bucket: "acme-exports",
  region: "eu-central-1",
  endpoint: null,
  path_style: false,
  encryption: null,
  storage_class: null,
};
const at = (more: Partial<BucketLocation>): BucketLocation => ({ ...AWS, ...more });

it.each([
  ["EU_CENTRAL_1", "eu-central-1"],
  ["eu-central-1", "eu-central-1"],
  ["US_GOV_WEST_1", "us-gov-west-1"],
  ["auto", "auto"],
])("the region %s is %s", (spelled, region) => {
  expect(normalizeRegion(spelled)).toBe(region);
});

describe("a bucket's address", () => {
  it.each<[Partial<BucketLocation>, string]>([
    [{}, "https://acme-exports.s3.eu-central-1.amazonaws.com"],
    [{ path_style: true }, "https://s3.eu-central-1.amazonaws.com/acme-exports"],
    [{ bucket: "acme.exports" }, "https://s3.eu-central-1.amazonaws.com/acme.exports"],
    [{ region: "cn-north-1" }, "https://acme-exports.s3.cn-north-1.amazonaws.com.cn"],
    [{ endpoint: "https://s3.acme.example", path_style: true }, "https://s3.acme.example/acme-exports"],
    [{ endpoint: "https://s3.acme.example:8443/x", path_style: true }, "https://s3.acme.example:8443/x/acme-exports"],
    [{ endpoint: "https://s3.acme.example:8443" }, "https://acme-exports.s3.acme.example:8443"],
  ])("of %j is %s", (more, url) => {
    expect(bucketUrl(at(more))).toBe(url);
  });
});

describe("what is asked for an object", () => {
  it("is sent as it was asked", () => {
    expect(writeHeaders(AWS)).toEqual({});
    expect(writeHeaders(at({ encryption: { sse: "AES256", kms_key_id: null }, storage_class: "GLACIER_IR" }))).toEqual({
      "x-amz-server-side-encryption": "AES256",
      "x-amz-storage-class": "GLACIER_IR",
    });
    expect(writeHeaders(at({ encryption: { sse: "aws:kms", kms_key_id: "k-1" } }))).toEqual({
      "x-amz-server-side-encryption": "aws:kms",
      "x-amz-server-side-encryption-aws-kms-key-id": "k-1",
    });
  });

  it.each(PROVIDERS)("of %s is sent, or was refused before", (provider) => {
    const endpoint = CAPABILITIES[provider].ownEndpoint ? null : "https://s3.acme.example";
    const path_style = endpoint !== null;
    for (const sse of ["AES256", "aws:kms"] as const) {
      const place = at({
        provider,
        endpoint,
        path_style,
        encryption: { sse, kms_key_id: sse === "AES256" ? null : "k" },
      });
      const refused = locationFaults(place, "keys", true).map(({ field }) => field);
      expect(refused).toEqual(CAPABILITIES[provider].encryption.includes(sse) ? [] : ["encryption"]);
    }
    const roles = locationFaults(at({ provider, endpoint, path_style }), "role", true).map(({ field }) => field);
    expect(roles).toEqual(CAPABILITIES[provider].roles ? [] : ["auth"]);
  });

  it.each<[Partial<BucketLocation>, string[]]>([
    [{ provider: "r2" }, ["endpoint"]],
    [{ region: "auto" }, ["region"]],
    [{ encryption: { sse: "AES256", kms_key_id: "k" } }, ["encryption"]],
    [{ bucket: "Acme_Exports" }, ["bucket"]],
    [{ bucket: "Acme_Exports", endpoint: "https://s3.acme.example", path_style: true }, []],
    [{ bucket: "acme.exports", endpoint: "https://s3.acme.example" }, ["path_style"]],
    [
      {
        provider: "ceph",
        endpoint: "https://s3.acme.example",
        path_style: true,
        encryption: { sse: "aws:kms", kms_key_id: null },
      },
      ["encryption"],
    ],
  ])("%j has the faults %j", (more, fields) => {
    expect(locationFaults(at(more), "keys", true).map(({ field }) => field)).toEqual(fields);
  });
});

describe("a session's policy", () => {
  const objects = (resource: string) => ({
    Effect: "Allow",
    Action: ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"],
    Resource: resource,
  });
  const statements = (place: BucketLocation, prefix = "", probe: string | null = null) =>
    (JSON.parse(sessionPolicy(place, prefix, probe, "write")) as { Statement: unknown[] }).Statement;

  it("is narrowed to the prefix", () => {
    expect(statements(AWS, "a/b/")).toEqual([objects("arn:aws:s3:::acme-exports/a/b/*")]);
    expect(statements(at({ region: "cn-north-1" }))).toEqual([objects("arn:aws-cn:s3:::acme-exports/*")]);
  });

  it("reads back below the prefix, tells a missing object, and writes nothing", () => {
    const encryption = { sse: "aws:kms" as const, kms_key_id: "mrk-1" };
    const policy = JSON.parse(sessionPolicy(at({ encryption }), "a/", null, "read")) as { Statement: unknown[] };
    expect(policy.Statement).toEqual([
      { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-exports/a/*" },
      { Effect: "Allow", Action: "s3:ListBucket", Resource: "arn:aws:s3:::acme-exports" },
      { Effect: "Allow", Action: "kms:Decrypt", Resource: "arn:aws:kms:eu-central-1:*:key/mrk-1" },
    ]);
  });

  it("lets a test delete its one probe, and nothing else", () => {
    expect(statements(AWS, "a/", "a/probe.txt")).toEqual([
      objects("arn:aws:s3:::acme-exports/a/*"),
      { Effect: "Allow", Action: "s3:DeleteObject", Resource: "arn:aws:s3:::acme-exports/a/probe.txt" },
    ]);
  });

  it.each<[string | null, Record<string, unknown>]>([
    ["arn:aws:kms:eu-central-1:123456789012:key/k", { Resource: "arn:aws:kms:eu-central-1:123456789012:key/k" }],
    ["mrk-1", { Resource: "arn:aws:kms:eu-central-1:*:key/mrk-1" }],
    ["alias/a", { Resource: "*", Condition: { StringEquals: { "kms:ViaService": "s3.eu-central-1.amazonaws.com" } } }],
    [null, { Resource: "*", Condition: { StringEquals: { "kms:ViaService": "s3.eu-central-1.amazonaws.com" } } }],
  ])("has the two actions on the key %s", (kms_key_id, resource) => {
    expect(statements(at({ encryption: { sse: "aws:kms", kms_key_id } }))[1]).toEqual({
      Effect: "Allow",
      Action: ["kms:GenerateDataKey", "kms:Decrypt"],
      ...resource,
    });
  });

  it("names no action of KMS where the store's policies know none", () => {
    const place = at({
      provider: "ceph",
      endpoint: "https://s3.acme.example",
      encryption: { sse: "aws:kms", kms_key_id: "k" },
    });
    expect(statements(place)).toHaveLength(1);
  });

  it("fits what AWS takes, at its longest", () => {
    const place = at({ bucket: "b".repeat(63), encryption: { sse: "aws:kms", kms_key_id: "k".repeat(100) } });
    expect(sessionPolicy(place, "d".repeat(860), "d".repeat(512), "write").length).toBeLessThan(2048);
  });
});

it("the Terraform text has both policies, and nothing that it would take for its own", () => {
  const trust = trustPolicy("arn:aws:iam::210987654321:user/spillway", "spillway-1");
  const permissions = permissionsPolicy("acme-exports", "a/", { kmsKeyArn: null, verify: false }, "aws");
  const text = terraform(trust, permissions);
  const encoded = [...text.matchAll(/jsonencode\((\{[\s\S]*?\n {2}\})\)/g)].map(
    ([, json = ""]) => JSON.parse(json) as unknown,
  );
  expect(encoded).toEqual([trust, permissions]);
  expect(text).not.toMatch(/\$\{|%\{/);
});
