import { describe, expect, test } from "vitest";
import { changesOf, EMPTY_FORM, formOf, requestOf, withStore } from "../../console/src/pages/destinations/form.ts";
import { storeNamed, storeOf, STORES } from "../../console/src/pages/destinations/stores.ts";
import { CAPABILITIES } from "../../src/outbound/providers.ts";

const FILLED = {
  ...EMPTY_FORM,
  name: " Warehouse ",
  bucket: "acme-exports",
  region: "eu-central-1",
  roleArn: "arn:aws:iam::123456789012:role/export",
};

const MADE = {
  id: "7c1d5e0a-3b42-4f9e-8a67-90b1c2d3e4f5",
  name: "Warehouse",
  bucket: "acme-exports",
  region: "auto",
  endpoint: "https://store.example",
  directory_path: "events/",
  auth: { type: "keys", access_key_id: "AKIDEXAMPLE" },
  encryption: null,
  provider: "r2",
  path_style: true,
  storage_class: null,
  key_template: null,
  created_at: "2026-01-10T10:23:45.123Z",
  updated_at: "2026-01-10T10:23:45.123Z",
} as const;

describe("the request that makes a destination", () => {
  test("has what was given and leaves out the rest", () => {
    expect(requestOf(FILLED)).toEqual({
      name: "Warehouse",
      bucket: "acme-exports",
      region: "eu-central-1",
      provider: "aws",
      auth: { type: "role", role_arn: "arn:aws:iam::123456789012:role/export" },
    });
  });

  test("has keys, an encryption and an endpoint where these were chosen", () => {
    const form = {
      ...withStore(FILLED, "minio"),
      endpoint: "https://minio.example ",
      access: "keys" as const,
      accessKeyId: "AKID",
      secretAccessKey: "secret-of-it",
      sse: "aws:kms" as const,
      pathStyle: "false" as const,
    };
    expect(requestOf(form)).toMatchObject({
      provider: "generic",
      endpoint: "https://minio.example",
      auth: { type: "keys", access_key_id: "AKID", secret_access_key: "secret-of-it" },
      encryption: { sse: "aws:kms", kms_key_id: null },
      path_style: false,
    });
  });

  test("has no endpoint where the region says it, though one was typed for another store before", () => {
    expect(requestOf(withStore({ ...withStore(FILLED, "gcs") }, "aws"))).not.toHaveProperty("endpoint");
  });
});

describe("choosing a store", () => {
  test("fills in its endpoint and region", () => {
    expect(withStore(FILLED, "gcs")).toMatchObject({ endpoint: "https://storage.googleapis.com", region: "auto" });
  });

  test("keeps a typed region where the store has none of its own, and drops another store's", () => {
    expect(withStore(FILLED, "other").region).toBe("eu-central-1");
    expect(withStore(withStore(FILLED, "r2"), "aws").region).toBe("");
  });

  test("drops the role and the encryption where the store has neither", () => {
    expect(withStore({ ...FILLED, sse: "AES256" }, "r2")).toMatchObject({ access: "keys", sse: "" });
  });

  test.each(STORES)("$id offers what the service supports there", ({ id, provider, endpoint, roles, encryption }) => {
    expect(roles).toBe(CAPABILITIES[provider].roles);
    expect(encryption).toBe(CAPABILITIES[provider].encryption.length > 0);
    expect(endpoint === null).toBe(CAPABILITIES[provider].ownEndpoint);
    expect(storeNamed(id).id).toBe(id);
  });

  test("a destination shows the store that it was made for, or that it may be any", () => {
    expect(storeOf({ provider: "r2", endpoint: "https://store.example" })).toBe("r2");
    expect(storeOf({ provider: "generic", endpoint: "https://store.example" })).toBe("other");
    expect(storeOf({ provider: "aws", endpoint: "https://s3.example" })).toBe("other");
  });
});

describe("the change of a destination", () => {
  test("is nothing while the form is as the destination is", () => {
    expect(changesOf(MADE, formOf(MADE))).toEqual({});
  });

  test("has the fields that differ, and null for one that was emptied", () => {
    const made = { ...MADE, key_template: "dt={date}/" };
    expect(changesOf(made, { ...formOf(made), name: "Lake", keyTemplate: "" })).toEqual({
      name: "Lake",
      key_template: null,
    });
  });

  test("has the access only where it differs or a secret was typed, and then whole", () => {
    const form = formOf(MADE);
    const auth = { type: "keys", access_key_id: "AKIDEXAMPLE", secret_access_key: "another-secret" };
    expect(changesOf(MADE, { ...form, secretAccessKey: "another-secret" })).toEqual({ auth });
    expect(changesOf(MADE, { ...form, accessKeyId: "AKIDOTHER" })).toEqual({
      auth: { type: "keys", access_key_id: "AKIDOTHER", secret_access_key: "" },
    });
  });

  test("to another store lets the service choose the form of addresses again", () => {
    const change = changesOf(MADE, withStore(formOf(MADE), "aws"));
    expect(change).toEqual({ provider: "aws", endpoint: null, path_style: null, region: "" });
  });

  test("of a destination of AWS with an endpoint of its own leaves the kind of store as it is", () => {
    const made = { ...MADE, provider: "aws", endpoint: "https://bucket.vpce.example" } as const;
    expect(changesOf(made, { ...formOf(made), name: "Lake" })).toEqual({ name: "Lake" });
  });
});
