/** Verifications of delivered files, which the bucket's owner deletes, changes and replaces meanwhile. */

import { beforeAll, describe, expect, test } from "vitest";
import { createRole } from "../../scripts/peers/users.ts";
import { CUSTOMER, CUSTOMER_BUCKET, SERVICE_PRINCIPAL } from "../../scripts/peers/identities.ts";
import { byRole, deliver, said, sendOrders } from "./deliveries.ts";
import type { Scene } from "./scene.ts";
import { assumed, parametersOf } from "./sts.ts";

export function verification(scene: Scene): void {
  describe("verification of delivered files", () => {
    beforeAll(() => sendOrders(scene));

    const verify = (id: string) => scene.shop.client.exports.verify(id);

    /** Deletes the first of three files, flips a byte of the second, and replaces the third by its own bytes. */
    async function damage(names: readonly string[]): Promise<void> {
      const [first = "", second = "", third = ""] = names;
      await scene.bucket().remove(first);
      const bytes = await scene.bucket().read(second);
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      await scene.bucket().put(second, bytes);
      await scene.bucket().put(third, await scene.bucket().read(third));
    }

    test.each([
      ["a role", byRole("export")],
      [
        "access keys",
        {
          type: "keys" as const,
          access_key_id: CUSTOMER.accessKeyId,
          secret_access_key: CUSTOMER.secretAccessKey,
        },
      ],
    ])("by %s finds what was deleted and what was changed, and no fault in equal bytes", async (what, auth) => {
      const directory = `exports/verified-${what.replace(" ", "-")}/`;
      const view = await deliver(scene, { directory_path: directory, auth });
      expect(await verify(view.id)).toMatchObject({ status: "finished", ok: true, missing: 0, changed: 0 });
      const names = view.files.map((file) => said(directory, file).name);
      await damage(names);
      const found = await verify(view.id);
      const byName = new Map(found.files.map(({ name, status }) => [name, status]));
      expect([...names, `${directory}_${view.id}-manifest.json`].map((name) => byName.get(name))).toEqual([
        "missing",
        "changed",
        "ok",
        "ok",
      ]);
    });

    test("assumes the role with a session that may read and not write", async () => {
      const directory = "exports/read-only/";
      const view = await deliver(scene, { directory_path: directory });
      await verify(view.id);
      const call = assumed(scene.toStore, directory).at(-1);
      if (call === undefined) throw new Error("no role was assumed");
      const policy = JSON.parse(parametersOf(call)["Policy"] ?? "") as { Statement: { Action: unknown }[] };
      expect(policy.Statement.map(({ Action }) => Action)).toEqual(["s3:GetObject", "s3:ListBucket"]);
    });

    test("with a role that may only write, every file is unreadable", async () => {
      const directory = "exports/write-only/";
      const writes = {
        Action: ["s3:PutObject", "s3:AbortMultipartUpload"],
        Resource: [`arn:aws:s3:::${CUSTOMER_BUCKET}/exports/*`],
      };
      await createRole(scene.gateway, { name: "writer", trusts: SERVICE_PRINCIPAL, allows: writes });
      const view = await deliver(scene, { directory_path: directory, auth: byRole("writer") });
      expect(view.status).toBe("completed");
      const found = await verify(view.id);
      expect(found).toMatchObject({ status: "finished", ok: false, missing: 0, changed: 0 });
      expect(found.unreadable).toBe(view.files.length + 1);
      expect(found.files[0]?.detail).toContain("s3:GetObject");
    });
  });
}
