/** Destinations: validation of requests, and responses. */

import { beforeEach, describe, expect, it } from "vitest";
import { AWS_VARS, KEYS, PRINCIPAL, ROLE } from "../../support/aws.ts";
import { emptySpace, MINIMAL } from "../../support/customer.ts";
import { type ProblemView, Service, type Space } from "../../support/service.ts";

interface View {
  id: string;
  auth: Record<string, string>;
  [name: string]: unknown;
}

const ROLE_AUTH = { type: "role", role_arn: ROLE };
const KEYS_AUTH = { type: "keys", ...KEYS };
const STORE = { endpoint: "https://s3.acme.example/" };

let service: Service;
let space: Space;

beforeEach(async () => {
  ({ service, space } = await emptySpace());
});

const post = (more: Record<string, unknown> = {}) =>
  service.json<View>("POST", "/v1/destinations", 201, { key: space.key, body: { ...MINIMAL, ...more } });
const patch = (id: string, body: unknown) =>
  service.json<View>("PATCH", `/v1/destinations/${id}`, 200, { key: space.key, body });
const faults = (more: Record<string, unknown>) =>
  service.faults("POST", "/v1/destinations", { key: space.key, body: { ...MINIMAL, ...more } });

describe("a destination", () => {
  it("is shown with every default", async () => {
    const created = await post({ directory_path: "a/b", key_template: "dt={date}" });
    expect(created).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: "Warehouse",
      bucket: "acme-exports",
      region: "eu-central-1",
      endpoint: null,
      directory_path: "a/b/",
      auth: ROLE_AUTH,
      encryption: null,
      provider: "aws",
      path_style: false,
      storage_class: null,
      key_template: "dt={date}/",
      created_at: "2026-03-01T12:00:00.000Z",
      updated_at: "2026-03-01T12:00:00.000Z",
    });
    const path = `/v1/destinations/${created.id}`;
    expect(await service.json("GET", path, 200, { key: space.key })).toEqual(created);
  });

  it("of another store has path style, is generic, and may have a role without an account", async () => {
    service = new Service({ ...AWS_VARS, STS_ENDPOINT: "https://sts.acme.example" });
    const created = await post({ ...STORE, auth: { type: "role", role_arn: "arn:aws:iam:::role/export" } });
    expect(created).toMatchObject({ endpoint: "https://s3.acme.example", path_style: true, provider: "generic" });
  });

  it("never shows a secret access key", async () => {
    const created = await post({ auth: KEYS_AUTH });
    const path = `/v1/destinations/${created.id}`;
    const answers = [
      created,
      await service.json("GET", path, 200, { key: space.key }),
      await service.json("GET", "/v1/destinations", 200, { key: space.key }),
      await patch(created.id, { name: "Other" }),
      await patch(created.id, { auth: KEYS_AUTH }),
    ];
    expect(created.auth).toEqual({ type: "keys", access_key_id: KEYS.access_key_id });
    expect(JSON.stringify(answers)).not.toContain("secret");
  });

  it("is changed only by the fields in the request; null removes a value", async () => {
    const created = await post({ directory_path: "a", storage_class: "STANDARD_IA", encryption: { sse: "AES256" } });
    const changed = await patch(created.id, { name: "Lake", storage_class: null });
    expect(changed).toEqual({ ...created, name: "Lake", storage_class: null, updated_at: expect.any(String) });
    const path = `/v1/destinations/${created.id}`;
    const wrong = { key: space.key, body: { endpoint: "https://10.0.0.1/" } };
    expect(await service.faults("PATCH", path, wrong)).toContain("/endpoint");
    expect(await service.json("GET", path, 200, { key: space.key })).toEqual(changed);
  });

  it("that moves to another store takes that store's defaults", async () => {
    const { id } = await post({ auth: KEYS_AUTH });
    expect(await patch(id, STORE)).toMatchObject({ provider: "generic", path_style: true });
    expect(await patch(id, { endpoint: null })).toMatchObject({ provider: "aws", path_style: false });
  });

  it("is not found once it is deleted", async () => {
    const { id } = await post();
    await service.json("DELETE", `/v1/destinations/${id}`, 204, { key: space.key });
    await service.json("DELETE", `/v1/destinations/${id}`, 404, { key: space.key });
    await service.json("PATCH", `/v1/destinations/${id}`, 404, { key: space.key, body: {} });
    await service.json("POST", `/v1/destinations/${id}/test`, 404, { key: space.key });
  });

  it("has fifty of its kind at most", async () => {
    for (let n = 0; n < 50; n += 1) await post();
    await service.json("POST", "/v1/destinations", 409, { key: space.key, body: MINIMAL });
  });

  it.each<[Record<string, unknown>, string[]]>([
    [{ name: "" }, ["/name"]],
    [{ bucket: "a/b" }, ["/bucket"]],
    [{ bucket: "Acme_Exports" }, ["/bucket"]],
    [{ region: "eu.central" }, ["/region"]],
    [{ region: "auto" }, ["/region"]],
    [{ endpoint: "http://s3.acme.example" }, ["/endpoint"]],
    [{ endpoint: "https://169.254.169.254" }, ["/endpoint"]],
    [{ endpoint: "https://user:pw@s3.acme.example" }, ["/endpoint"]],
    [{ endpoint: "https://s3.acme.example/?x=1" }, ["/endpoint"]],
    [{ endpoint: "https://93.184.216.34", path_style: false }, ["/path_style"]],
    [{ directory_path: "/a" }, ["/directory_path"]],
    [{ directory_path: "a/../b" }, ["/directory_path"]],
    [{ directory_path: "a%2fb" }, ["/directory_path"]],
    [{ auth: { type: "role", role_arn: "arn:aws:iam:::role/export" } }, ["/auth/role_arn"]],
    [{ auth: { type: "role", role_arn: "arn:aws:iam::210987654321:role/own" } }, ["/auth/role_arn"]],
    [{ region: "cn-north-1" }, ["/auth/role_arn"]],
    [{ ...STORE, region: "moon" }, ["/region"]],
    [{ storage_class: "DEEP_ARCHIVE" }, ["/storage_class"]],
    [{ auth: { type: "keys", access_key_id: KEYS.access_key_id } }, ["/auth/secret_access_key"]],
    [{ auth: { ...ROLE_AUTH, secret_access_key: "x" } }, ["/auth/secret_access_key"]],
    [{ provider: "minio" }, ["/provider"]],
    [{ provider: "r2" }, ["/endpoint", "/auth/type"]],
    [{ ...STORE, provider: "gcs", auth: KEYS_AUTH, encryption: { sse: "aws:kms" } }, ["/encryption"]],
    [{ ...STORE, provider: "r2", auth: KEYS_AUTH, encryption: { sse: "AES256" } }, ["/encryption"]],
    [{ encryption: { sse: "AES256", kms_key_id: "k" } }, ["/encryption"]],
    [{ encryption: { sse: "aws:kms", kms_key_id: "k\r\nx-amz-acl: public-read" } }, ["/encryption/kms_key_id"]],
    [{ storage_class: "standard" }, ["/storage_class"]],
    [{ key_template: "{attempt}/" }, ["/key_template"]],
    [{ key_template: "{date" }, ["/key_template"]],
    [{ key_template: "/{date}" }, ["/key_template"]],
    [{ key_template: "{date}/../" }, ["/key_template"]],
    [{ color: "red" }, ["/color"]],
  ])("with %j is refused", async (more, pointers) => {
    service = new Service({ ...AWS_VARS, ALLOW_INSECURE_TARGETS: "false", BUCKET_ENDPOINT: "https://bucket.example" });
    expect(await faults(more)).toEqual(pointers);
  });

  it("with a role is refused where the service has no identity in AWS, and so are the policies", async () => {
    service = new Service();
    expect(await faults({})).toEqual(["/auth/type"]);
    const problem = await service.json<ProblemView>("GET", "/v1/destinations/policies?bucket=acme-exports", 409, {
      key: space.key,
    });
    expect(problem.detail).toContain("no AWS identity");
  });
});

describe("the policies", () => {
  interface Policies {
    external_id: string;
    trust_policy: unknown;
    permissions_policy: unknown;
    terraform: string;
  }
  const get = (query: string) =>
    service.json<Policies>("GET", `/v1/destinations/policies?${query}`, 200, { key: space.key });

  it("are whole, and the least that is needed", async () => {
    expect(await get("bucket=acme-exports&directory_path=a/b")).toEqual({
      external_id: space.external_id,
      trust_policy: {
        Version: "2012-10-17",
        Statement: [
          {
            Sid: "SpillwayAssumesThisRole",
            Effect: "Allow",
            Principal: { AWS: PRINCIPAL },
            Action: "sts:AssumeRole",
            Condition: { StringEquals: { "sts:ExternalId": space.external_id } },
          },
        ],
      },
      permissions_policy: {
        Version: "2012-10-17",
        Statement: [
          {
            Sid: "SpillwayWritesExports",
            Effect: "Allow",
            Action: ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"],
            Resource: "arn:aws:s3:::acme-exports/a/b/*",
          },
        ],
      },
      terraform: expect.stringContaining(space.external_id),
    });
  });

  it("name the key where there is one", async () => {
    const arn = "arn:aws:kms:eu-central-1:123456789012:key/0b7c2f4e-5d0a-4c39-9a53-7f0f6a1f2c11";
    const { permissions_policy: policy } = await get(`bucket=acme-exports&kms_key_arn=${arn}`);
    expect(policy).toMatchObject({
      Statement: [{}, { Action: ["kms:GenerateDataKey", "kms:Decrypt"], Resource: arn }],
    });
  });

  it.each([
    "",
    "bucket=a",
    "bucket=acme-exports&directory_path=..",
    "bucket=acme-exports&kms_key_arn=*",
    "bucket=acme-exports&x=1",
  ])("are refused for ?%s", async (query) => {
    expect(await service.faults("GET", `/v1/destinations/policies?${query}`, { key: space.key })).toHaveLength(1);
  });
});
