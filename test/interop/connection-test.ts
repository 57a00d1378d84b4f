/** The connection test of a destination: each step, and what to do when it fails. */

import { describe, expect, test } from "vitest";
import { KMS_KEY_ID } from "../../scripts/peers/conf.ts";
import { CUSTOMER, SERVICE_PRINCIPAL } from "../../scripts/peers/identities.ts";
import { byRole, makeDestination } from "./deliveries.ts";
import type { Scene } from "./scene.ts";
import { WRONG_SECRET } from "./secrets.ts";
import { isAssumeRole, isFor, parametersOf } from "./sts.ts";

interface Step {
  name: string;
  status: "passed" | "failed" | "skipped";
  detail: string | null;
}

export function connectionTest(scene: Scene): void {
  describe("the connection test of a destination", () => {
    async function runConnectionTest(destination: Record<string, unknown>): Promise<Map<string, Step>> {
      const id = await makeDestination(scene, { directory_path: "exports/probe/", ...destination });
      const { steps } = await scene.shop.client.destinations.test(id);
      return new Map(steps.map((step) => [step.name, step]));
    }

    const statusesOf = (steps: Map<string, Step>) =>
      Object.fromEntries([...steps].map(([name, { status }]) => [name, status]));

    test("goes through every step, and finds that this store does not look at the external id", async () => {
      const steps = await runConnectionTest({});
      // radosgw accepts an external id and ignores it. The connection test reports that to the customer.
      expect(statusesOf(steps)).toEqual({
        assume_role: "passed",
        external_id_enforced: "failed",
        write: "passed",
        encryption: "skipped",
        delete: "passed",
      });
      expect(steps.get("external_id_enforced")?.detail).toMatch(/sts:ExternalId/);
    });

    test("assumes the role with the external id, and once without the right one", async () => {
      const directory = "exports/enforced/";
      await runConnectionTest({ directory_path: directory });
      const calls = scene.toStore.exchanges.filter((call) => isAssumeRole(call) && isFor(call, directory));
      const sent = calls.map((call) => parametersOf(call)["ExternalId"]);
      expect(sent).toContain(scene.shop.space.external_id);
      expect(sent.filter((id) => id !== scene.shop.space.external_id).length).toBeGreaterThan(0);
    });

    test("leaves nothing in the bucket", async () => {
      await runConnectionTest({});
      expect(await scene.bucket().keys("exports/probe/")).toEqual([]);
    });

    test("says whom to trust where the role does not, and tries nothing after it", async () => {
      const steps = await runConnectionTest({ auth: byRole("closed") });
      expect(statusesOf(steps)).toEqual({
        assume_role: "failed",
        external_id_enforced: "skipped",
        write: "skipped",
        encryption: "skipped",
        delete: "skipped",
      });
      const { detail } = steps.get("assume_role") ?? {};
      for (const needed of ["sts:AssumeRole", SERVICE_PRINCIPAL, scene.shop.space.external_id])
        expect(detail).toContain(needed);
    });

    test("says what to allow where the role may not write", async () => {
      const steps = await runConnectionTest({ auth: byRole("customer"), directory_path: "elsewhere/" });
      expect(steps.get("write")).toMatchObject({ status: "failed", detail: expect.stringContaining("s3:PutObject") });
    });

    test("passes with a role that may not delete", async () => {
      const steps = await runConnectionTest({ auth: byRole("customer"), directory_path: "exports/kept/" });
      expect(statusesOf(steps)).toMatchObject({ write: "passed", delete: "skipped" });
      expect(steps.get("delete")?.detail).toContain("exports never do: delete exports/kept/_spillway-test-");
    });

    test("sees that the KMS key was used", async () => {
      const steps = await runConnectionTest({ encryption: { sse: "aws:kms", kms_key_id: KMS_KEY_ID } });
      expect(statusesOf(steps)).toMatchObject({ write: "passed", encryption: "passed" });
    });

    test("reports a store that accepts the encryption header and does not encrypt", async () => {
      const steps = await runConnectionTest({ encryption: { sse: "AES256" } });
      expect(statusesOf(steps)).toMatchObject({ write: "passed", encryption: "failed" });
      expect(steps.get("encryption")?.detail).toContain("does not confirm the destination's encryption");
    });

    test("says which secret is wrong", async () => {
      const auth = { type: "keys", access_key_id: CUSTOMER.accessKeyId, secret_access_key: WRONG_SECRET };
      const steps = await runConnectionTest({ auth });
      expect(statusesOf(steps)).toMatchObject({
        assume_role: "skipped",
        external_id_enforced: "skipped",
        write: "failed",
      });
      expect(steps.get("write")?.detail).toMatch(/secret access key/);
    });

    test("says that the bucket is missing", async () => {
      const steps = await runConnectionTest({ bucket: "no-such-bucket" });
      expect(steps.get("write")).toMatchObject({ status: "failed", detail: expect.stringMatching(/bucket/i) });
    });
  });
}
