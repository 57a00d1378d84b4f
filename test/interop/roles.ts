/**
 * Delivery through a customer's role: the signed requests, the session's permissions, and the errors when the role
 * refuses.
 */

import { beforeAll, describe, expect, test } from "vitest";
import type { Export } from "../../client/src/index.ts";
import { createRole, setTrust } from "../../scripts/peers/users.ts";
import { ANYTHING, CUSTOMER_BUCKET, roleArn, SERVICE_PRINCIPAL, STRANGER } from "../../scripts/peers/identities.ts";
import {
  begin,
  bulkyOrders,
  byRole,
  deliver,
  EVENTS,
  manifestIn,
  measure,
  rowOf,
  said,
  sendOrders,
  until,
} from "./deliveries.ts";
import type { Exchange } from "./recorder.ts";
import type { Scene } from "./scene.ts";
import { assumeAs, assumed, isAssumeRole, parametersOf, type Session, sessionIn } from "./sts.ts";

const DIRECTORY = "exports/daily/";
const ELSEWHERE = "exports/other/planted";

export function roles(scene: Scene): void {
  describe("delivery through a role", () => {
    let view: Export;
    let session: Session;
    let call: Exchange;
    const puts = () => scene.toStore.calls("PUT", `/${DIRECTORY}`);

    beforeAll(async () => {
      await sendOrders(scene);
      view = await deliver(scene, { directory_path: DIRECTORY });
      const [first] = assumed(scene.toStore, DIRECTORY);
      if (first === undefined) throw new Error(`no role was assumed: ${JSON.stringify(view)}`);
      call = first;
      session = sessionIn(call.answer);
    });

    test("completes, and says so", () => {
      expect(view).toMatchObject({ status: "completed", error: null, progress: { rows_written: EVENTS } });
    });

    test("leaves its files and its manifest in the customer's bucket, and nothing else", async () => {
      const expected = [
        ...view.files.map((file) => said(DIRECTORY, file).name),
        `${DIRECTORY}_${view.id}-manifest.json`,
      ];
      expect(new Set(await scene.bucket().keys(DIRECTORY))).toEqual(new Set(expected));
    });

    test("has every row once, in files that are what is said of them, here and in the manifest", async () => {
      const rows: string[] = [];
      const read = [];
      for (const file of view.files) read.push(await measure(scene, said(DIRECTORY, file).name, rows));
      expect(rows).toEqual([...bulkyOrders(EVENTS)].map(rowOf));
      expect(view.files.map((file) => said(DIRECTORY, file))).toEqual(read);
      const manifest = await manifestIn(scene, DIRECTORY, view.id);
      expect(manifest.files.map((file) => said(DIRECTORY, file))).toEqual(read);
    });

    test("assumes the role for this export, with the space's external id, in a body that is signed", () => {
      expect(parametersOf(call)).toMatchObject({
        Action: "AssumeRole",
        RoleArn: roleArn("export"),
        RoleSessionName: view.id,
        ExternalId: scene.shop.space.external_id,
      });
      expect(call.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 .*\/sts\/aws4_request/);
    });

    test("signs each object with the hash of what it sends, and never over another", () => {
      expect(puts().length).toBe(view.files.length + 1);
      for (const put of puts()) {
        expect(put.headers["x-amz-content-sha256"]).toBe(put.bodySha256);
        expect(put.headers["if-none-match"]).toBe("*");
        expect(put.headers.authorization).toMatch(/SignedHeaders=[^,]*host;if-none-match;x-amz-content-sha256;/);
      }
    });

    test("sends nothing but with a session that it was granted for this export", () => {
      const granted = assumed(scene.toStore, DIRECTORY).map(({ answer }) => sessionIn(answer).sessionToken);
      for (const put of puts()) expect(granted).toContain(put.headers["x-amz-security-token"]);
    });

    test("gives no link to what is the customer's", () => {
      expect(view.download_url).toBeNull();
      expect(view.files.filter((file) => (file.url ?? null) !== null)).toEqual([]);
    });

    test("has a session that may write below its directory", async () => {
      expect(await scene.bucket(session).tryPut(`${DIRECTORY}tried`)).toBe(200);
    });

    test("has a session that may write nowhere else, because its policy narrows what the role may", async () => {
      expect(await scene.bucket(session).tryPut(ELSEWHERE)).toBe(403);
      const wide = await assumeAs(scene.gateway.origin, call, { policy: null });
      expect(await scene.bucket(wide).tryPut(ELSEWHERE)).toBe(200);
    });

    test("has a policy that restricts the assumed role's session", async () => {
      const again = await assumeAs(scene.gateway.origin, call);
      expect(await scene.bucket(again).tryPut(ELSEWHERE)).toBe(403);
      expect(JSON.parse(parametersOf(call)["Policy"] ?? "")).toEqual({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Action: ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"],
            Resource: `arn:aws:s3:::${CUSTOMER_BUCKET}/${DIRECTORY}*`,
          },
        ],
      });
    });

    test("a role that does not trust the service is retried with a visible error, and the export continues once it does", async () => {
      await createRole(scene.gateway, { name: "late", trusts: STRANGER, allows: ANYTHING });
      const { id } = await begin(scene, { auth: byRole("late"), directory_path: "exports/late/" });
      const waiting = await until(scene, id, (seen) => seen.next_retry_at !== null);
      expect(waiting).toMatchObject({
        status: "processing",
        error: { code: "role_denied", owner: "customer", retryable: true, message: expect.stringMatching(/trust/) },
      });
      await setTrust(scene.gateway, "late", SERVICE_PRINCIPAL);
      expect(await until(scene, id, () => false)).toMatchObject({ status: "completed", error: null });
      const refused = scene.toStore.exchanges.filter((each) => isAssumeRole(each) && each.status !== 200);
      expect(refused.length).toBeGreaterThan(0);
    });

    test("a role without write permission fails with a detail that says what to allow", async () => {
      const { id } = await begin(scene, { auth: byRole("customer"), directory_path: "elsewhere/" });
      const waiting = await until(scene, id, (seen) => seen.next_retry_at !== null);
      expect(waiting.error).toMatchObject({
        code: "bucket_denied",
        owner: "customer",
        message: expect.stringContaining("s3:PutObject"),
      });
      await scene.shop.client.exports.cancel(id);
      expect(await scene.bucket().keys("elsewhere/")).toEqual([]);
    });

    test("a role that may do what the policies say, and no more, is enough", async () => {
      const directory = "exports/least/";
      const least = await deliver(scene, { auth: byRole("customer"), directory_path: directory });
      expect(least).toMatchObject({ status: "completed", progress: { rows_written: EVENTS } });
      expect(await scene.bucket().keys(directory)).toHaveLength(least.files.length + 1);
    });
  });
}
