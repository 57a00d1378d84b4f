/**
 * Objects in a customer's bucket: each is written once, never overwrites another object, is encrypted as the
 * destination says, and can be written with access keys as well.
 */

import { beforeAll, describe, expect, test } from "vitest";
import { KMS_KEY_ID } from "../../scripts/peers/conf.ts";
import { CUSTOMER } from "../../scripts/peers/identities.ts";
import { begin, byRole, deliver, EVENTS, measure, said, sendOrders, until } from "./deliveries.ts";
import type { Call, Meddler } from "./recorder.ts";
import type { Scene } from "./scene.ts";
import { WRONG_SECRET } from "./secrets.ts";

const PLANTED = "somebody else's";

export function objects(scene: Scene): void {
  describe("objects in a customer's bucket", () => {
    const keys = (secretAccessKey: string) => ({
      type: "keys" as const,
      access_key_id: CUSTOMER.accessKeyId,
      secret_access_key: secretAccessKey,
    });

    beforeAll(() => sendOrders(scene));

    /** Meddles with the first file that is put below that directory, once. */
    function withFirstFile(directory: string, meddler: (key: string) => Meddler): void {
      let met = false;
      scene.toStore.meddle = (call: Call) => {
        const [, key] = /^\/[^/]+\/([^?]+\.json\.gz)$/.exec(call.path) ?? [];
        if (met || call.method !== "PUT" || key?.startsWith(directory) !== true) return null;
        met = true;
        return meddler(decodeURIComponent(key));
      };
    }

    test("another object under a name of the export fails it, and stays as it was", async () => {
      const directory = "exports/conflict/";
      let planted = "";
      withFirstFile(directory, (key) => ({
        before: async () => {
          planted = key;
          await scene.bucket().put(key, PLANTED);
        },
      }));
      const view = await deliver(scene, { directory_path: directory });
      expect(view).toMatchObject({
        status: "failed",
        error: { code: "destination_conflict", owner: "customer", retryable: false },
      });
      expect((await scene.bucket().read(planted)).toString()).toBe(PLANTED);
      expect(scene.toStore.calls("PUT", planted).map((put) => put.status)).toEqual([412]);
    });

    test("a PUT whose answer is lost is repeated, finds its own bytes there, and the export completes", async () => {
      const directory = "exports/repeated/";
      let lost = "";
      withFirstFile(directory, (key) => {
        lost = key;
        return { answer: () => null };
      });
      const view = await deliver(scene, { directory_path: directory });
      expect(view).toMatchObject({ status: "completed", progress: { rows_written: EVENTS } });
      expect(scene.toStore.calls("PUT", lost).map((put) => put.status)).toEqual([0, 412]);
      const file = view.files.map((each) => said(directory, each)).find((each) => each.name === lost);
      expect(await measure(scene, lost)).toEqual(file);
    });

    test("are at the keys of the destination's key template, in keys with = in them", async () => {
      const where = { directory_path: "exports/lake/", key_template: "{dataset}/dt={date}/" };
      const view = await deliver(scene, where);
      expect(view).toMatchObject({ status: "completed", progress: { rows_written: EVENTS } });
      const prefix = "exports/lake/activity_events/dt=2026-01-01/";
      const stored = await scene.bucket().keys(prefix);
      expect(stored).toEqual(expect.arrayContaining(view.files.map((file) => said(prefix, file).name)));
      expect(stored).toHaveLength(view.files.length + 1);
    });

    test("are encrypted with the KMS key that was requested, the manifest too", async () => {
      const directory = "exports/kms/";
      const encryption = { sse: "aws:kms" as const, kms_key_id: KMS_KEY_ID };
      const view = await deliver(scene, { directory_path: directory, encryption });
      expect(view).toMatchObject({ status: "completed", error: null });
      const stored = await scene.bucket().keys(directory);
      expect(stored).toHaveLength(view.files.length + 1);
      for (const key of stored)
        expect(await scene.bucket().head(key)).toMatchObject({
          ServerSideEncryption: "aws:kms",
          SSEKMSKeyId: KMS_KEY_ID,
        });
      const ids: string[] = [];
      for (const file of view.files) await measure(scene, said(directory, file).name, ids);
      expect(new Set(ids).size).toBe(EVENTS);
    });

    test("are uploaded with the destination's server-side encryption, and a store that ignores it is reported", async () => {
      const directory = "exports/aes/";
      const view = await deliver(scene, { directory_path: directory, encryption: { sse: "AES256" } });
      const [put] = scene.toStore.calls("PUT", `/${directory}`);
      expect(put?.headers["x-amz-server-side-encryption"]).toBe("AES256");
      expect(put?.headers.authorization).toContain(";x-amz-server-side-encryption");
      // This store takes the header and confirms nothing: an encryption that was requested is not silently dropped.
      expect(put?.answerHeaders).not.toHaveProperty("x-amz-server-side-encryption");
      expect(view).toMatchObject({ status: "failed", error: { code: "kms_denied", owner: "customer" } });
    });

    test("a KMS key that the store does not have is reported as that", async () => {
      const encryption = { sse: "aws:kms" as const, kms_key_id: "no-such-key" };
      const { id } = await begin(scene, { directory_path: "exports/no-key/", encryption });
      const waiting = await until(scene, id, (seen) => seen.error !== null);
      expect(waiting.error).toMatchObject({ code: "kms_denied", owner: "customer" });
      await scene.shop.client.exports.cancel(id);
    });

    test("are written with access keys too, and without a session", async () => {
      const directory = "exports/keys/";
      const view = await deliver(scene, { directory_path: directory, auth: keys(CUSTOMER.secretAccessKey) });
      expect(view).toMatchObject({ status: "completed", progress: { rows_written: EVENTS } });
      const puts = scene.toStore.calls("PUT", `/${directory}`);
      expect(puts).toHaveLength(view.files.length + 1);
      expect(puts.filter((put) => "x-amz-security-token" in put.headers)).toEqual([]);
      for (const put of puts) expect(put.headers.authorization).toContain(`Credential=${CUSTOMER.accessKeyId}/`);
    });

    test("a wrong secret is reported, and the report repeats nothing of it", async () => {
      const { id } = await begin(scene, { directory_path: "exports/wrong/", auth: keys(WRONG_SECRET) });
      const waiting = await until(scene, id, (seen) => seen.error !== null);
      expect(waiting.error).toMatchObject({ code: "bucket_denied", owner: "customer" });
      await scene.shop.client.exports.cancel(id);
    });

    test.each([
      ["a role", byRole("export")],
      ["access keys", keys(CUSTOMER.secretAccessKey)],
    ])("a bucket that is not there fails the export, with %s", async (_what, auth) => {
      const view = await deliver(scene, { bucket: "no-such-bucket", directory_path: "exports/", auth });
      expect(view).toMatchObject({ status: "failed", error: { code: "bucket_not_found", owner: "customer" } });
    });
  });
}
