/**
 * The test of a destination: its steps and its report; and re-encryption of its secret when the encryption key
 * changes.
 */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { sweep } from "../../support/sweep.ts";
import { AWS_VARS, type FakeAws, KEYS, PRINCIPAL, s3Error } from "../../support/aws.ts";
import { emptySpace, MINIMAL } from "../../support/customer.ts";
import { type ProblemView, Service, type Space } from "../../support/service.ts";

const KEYS_AUTH = { type: "keys", ...KEYS };

let service: Service;
let space: Space;
let aws: FakeAws;

beforeEach(async () => {
  ({ service, space, aws } = await emptySpace());
});

const post = (more: Record<string, unknown> = {}) =>
  service.json<{ id: string }>("POST", "/v1/destinations", 201, { key: space.key, body: { ...MINIMAL, ...more } });

describe("the test of a destination", () => {
  async function test(more: Record<string, unknown> = {}) {
    const { id } = await post({ directory_path: "a", ...more });
    const { steps } = await service.json<{ steps: { name: string; status: string; detail: string }[] }>(
      "POST",
      `/v1/destinations/${id}/test`,
      200,
      { key: space.key },
    );
    return {
      id,
      statuses: Object.fromEntries(steps.map(({ name, status }) => [name, status])),
      details: Object.fromEntries(steps.map(({ name, detail }) => [name, detail])),
    };
  }
  const NOTHING = {
    assume_role: "passed",
    external_id_enforced: "passed",
    write: "failed",
    encryption: "skipped",
    delete: "skipped",
  };

  it("passes when every step passes, and leaves no object", async () => {
    const { statuses } = await test({ encryption: { sse: "AES256" } });
    expect(statuses).toEqual({
      assume_role: "passed",
      external_id_enforced: "passed",
      write: "passed",
      encryption: "passed",
      delete: "passed",
    });
    expect(aws.objects.size).toBe(0);
    const [key, ...same] = aws.seen.map(({ url }) => url.pathname);
    expect(key).toMatch(/^\/a\/_spillway-test-[0-9a-f-]{36}\.txt$/);
    expect([aws.seen.map(({ method }) => method), same]).toEqual([
      ["PUT", "GET", "DELETE"],
      [key, key],
    ]);
    const tried = aws.sts.map(({ params }) => params.get("ExternalId"));
    expect(tried).toEqual([space.external_id, expect.stringMatching(/^spillway-/), null, space.external_id]);
  });

  it("runs one at a time: another is refused until it has ended, or its time has passed", async () => {
    const { id } = await post({ directory_path: "a" });
    const start = () => service.call("POST", `/v1/destinations/${id}/test`, { key: space.key });
    const reached = service.customers;
    let release: () => void = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const begun = new Promise<void>((resolve) => {
      service.customers = async (...request) => {
        resolve();
        await released;
        return reached(...request);
      };
    });
    const first = start();
    await begun;
    const second = await start();
    const problem = await second.json<ProblemView>();
    service.now += 300_000;
    const third = start();
    release();
    expect([second.status, (await first).status, (await third).status]).toEqual([409, 200, 200]);
    expect(problem.detail).toMatch(/A test of this destination is in progress/);
    expect((await start()).status).toBe(200);
  });

  it("says how to set up the trust policy when the role is denied", async () => {
    aws.trusted = new Set();
    const { statuses, details } = await test();
    expect(statuses).toEqual({
      assume_role: "failed",
      external_id_enforced: "skipped",
      write: "skipped",
      encryption: "skipped",
      delete: "skipped",
    });
    expect(details["assume_role"]).toContain("STS answered 403 AccessDenied");
    expect(details["assume_role"]).toContain(PRINCIPAL);
    expect(details["assume_role"]).toContain(space.external_id);
  });

  it.each([
    ["any external id", null],
    ["none as well", ["", "own"]],
  ])("fails a role that takes %s", async (_what, trusted) => {
    aws.trusted = trusted === null ? null : new Set(["", space.external_id]);
    const { statuses, details } = await test();
    expect(statuses).toMatchObject({ assume_role: "passed", external_id_enforced: "failed", write: "passed" });
    expect(details["external_id_enforced"]).toContain("sts:ExternalId");
  });

  it("skips the delete where the role forbids it", async () => {
    aws.instead = ({ method }) => (method === "DELETE" ? s3Error(403, "AccessDenied") : null);
    const { statuses, details } = await test();
    expect(statuses).toMatchObject({ write: "passed", encryption: "skipped", delete: "skipped" });
    const [key = ""] = aws.objects.keys();
    expect(details["delete"]).toContain(key);
    // The next one does not meet it.
    expect((await test()).statuses).toMatchObject({ write: "passed" });
    expect(aws.objects.size).toBe(2);
  });

  it("passes a bucket that wants the condition of an export's writes", async () => {
    aws.instead = ({ method, headers }) =>
      method === "PUT" && headers.get("if-none-match") !== "*" ? s3Error(403, "AccessDenied") : null;
    expect((await test()).statuses).toMatchObject({ write: "passed" });
  });

  it.each([
    ["s3:GetObject", "", "skipped"],
    ["kms:", "not authorized to perform: kms:Decrypt", "failed"],
  ])("fails when the object may not be read without %s, and deletes it", async (words, message, encryption) => {
    aws.instead = ({ method }) => (method === "GET" ? s3Error(403, "AccessDenied", { message }) : null);
    const { statuses, details } = await test();
    expect(statuses).toMatchObject({ write: "failed", encryption, delete: "passed" });
    expect(details["write"]).toContain(words === "kms:" ? "KMS" : words);
    expect(aws.objects.size).toBe(0);
  });

  it("reports a denied write", async () => {
    aws.instead = ({ method }) => (method === "PUT" ? s3Error(403, "AccessDenied") : null);
    const { statuses, details } = await test();
    expect(statuses).toEqual(NOTHING);
    expect(details["write"]).toContain("s3:PutObject");
  });

  describe.each([
    ["aws", {}],
    ["r2", { provider: "r2", endpoint: "https://s3.acme.example" }],
    ["gcs", { provider: "gcs", endpoint: "https://s3.acme.example" }],
    ["ceph", { provider: "ceph", endpoint: "https://s3.acme.example" }],
    ["generic", { endpoint: "https://s3.acme.example" }],
  ])("of a store of the kind %s", (_kind, at) => {
    it.each([
      ["a wrong secret", { secret_access_key: "wrong-secret" }, "SignatureDoesNotMatch", "secret_access_key"],
      ["an unknown access key", { access_key_id: "account:nobody" }, "InvalidAccessKeyId", "access key id"],
    ])("tells %s as such, and as no missing permission", async (_what, wrong, code, advice) => {
      const { statuses, details } = await test({ ...at, auth: { ...KEYS_AUTH, ...wrong } });
      expect(statuses).toMatchObject({ write: "failed", delete: "skipped" });
      expect(details["write"]).toMatch(new RegExp(`^The store answered 403 ${code}: .*${advice}`));
      expect(details["write"]).not.toMatch(/s3:|allow/);
    });
  });

  it.each(["ExpiredToken", "RequestTimeTooSkewed", "QuotaExceeded", "UserSuspended"])(
    "names the store's reason %s in the step that failed",
    async (code) => {
      aws.instead = () => s3Error(403, code);
      const { details } = await test({ auth: KEYS_AUTH });
      expect(details["write"]).toContain(`The store answered 403 ${code}: `);
    },
  );

  it("reports a KMS key that denies access, and an encryption that was ignored", async () => {
    const encryption = { sse: "aws:kms", kms_key_id: "k-1" };
    aws.instead = ({ method }) =>
      method === "PUT"
        ? s3Error(403, "AccessDenied", { message: "not authorized to perform: kms:GenerateDataKey" })
        : null;
    expect((await test({ encryption })).statuses).toEqual({ ...NOTHING, encryption: "failed" });
    aws.instead = () => null;
    aws.encrypts = false;
    expect((await test({ encryption })).statuses).toMatchObject({ write: "passed", encryption: "failed" });
  });

  it("with access keys skips the steps of the role", async () => {
    const { statuses } = await test({ auth: KEYS_AUTH });
    expect(statuses).toMatchObject({ assume_role: "skipped", external_id_enforced: "skipped", write: "passed" });
    expect(aws.sts).toEqual([]);
  });

  it("calls no private address that the host name now resolves to", async () => {
    const { id } = await post({ endpoint: "https://s3.acme.example", auth: KEYS_AUTH });
    const strict = new Service({ ALLOW_INSECURE_TARGETS: "false", BUCKET_ENDPOINT: "https://bucket.example" });
    strict.customers = aws.fetch;
    strict.context.resolve = async () => ["93.184.216.34", "10.0.0.1"];
    const { steps } = await strict.json<{ steps: { detail: string }[] }>("POST", `/v1/destinations/${id}/test`, 200, {
      key: space.key,
    });
    expect([steps[2]?.detail, aws.seen]).toEqual([
      "The destination's endpoint is not at a public address: correct it, and ask for a new export.",
      [],
    ]);
  });
});

it("a secret is re-encrypted with the new key, so that the old one can be removed", async () => {
  const { id } = await post({ auth: KEYS_AUTH });
  const before = service.config.secretsKey;
  const fresh = "k2:bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldzA=";
  service = new Service({ ...AWS_VARS, SECRETS_KEY: `${fresh},${before}` });
  await sweep(service.context);
  const stored = await env.CONTROL_DB.prepare("SELECT secret, encrypted_with FROM destinations WHERE id = ?")
    .bind(id)
    .first();
  expect(stored).toEqual({ secret: expect.stringMatching(/^k2\./), encrypted_with: "k2" });
  service = new Service({ ...AWS_VARS, SECRETS_KEY: fresh });
  service.customers = aws.fetch;
  const { steps } = await service.json<{ steps: { status: string }[] }>("POST", `/v1/destinations/${id}/test`, 200, {
    key: space.key,
  });
  expect(steps[2]?.status).toBe("passed");
});

it("a secret whose key is missing does not keep the others from re-encryption with the new key", async () => {
  const keyless = await post({ auth: KEYS_AUTH });
  const others = [await post({ auth: KEYS_AUTH }), await post({ auth: KEYS_AUTH })];
  const keyIdOf = (id: string) =>
    env.CONTROL_DB.prepare("SELECT encrypted_with FROM destinations WHERE id = ?").bind(id).first("encrypted_with");
  await env.CONTROL_DB.prepare("UPDATE destinations SET encrypted_with = 'k0', secret = 'k0.x.x' WHERE id = ?")
    .bind(keyless.id)
    .run();
  // More destinations than one sweep re-encrypts, and the first ones that it finds.
  const copies = "INSERT INTO destinations SELECT '00-' || value";
  const columns =
    "space_id, name, bucket_location, directory_path, key_template, auth, secret, encrypted_with, tested_until, created_at, updated_at";
  const numbers = JSON.stringify(Array.from({ length: 60 }, (_, n) => n));
  await env.CONTROL_DB.prepare(`${copies}, ${columns} FROM destinations, json_each(?) WHERE destinations.id = ?`)
    .bind(numbers, keyless.id)
    .run();
  const fresh = "k2:bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldzA=";
  service = new Service({ ...AWS_VARS, SECRETS_KEY: `${fresh},${service.config.secretsKey}` });
  await sweep(service.context);
  expect(await Promise.all([...others, keyless].map(({ id }) => keyIdOf(id)))).toEqual(["k2", "k2", "k0"]);
});
