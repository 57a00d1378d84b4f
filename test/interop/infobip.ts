/**
 * A client of Infobip's Events Export API, written from its documentation alone, with a real bucket and role: from the
 * request to the rows of several files.
 */

import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { CUSTOMER_BUCKET, roleArn } from "../../scripts/peers/identities.ts";
import { InfobipClient } from "../http/dialects/infobip/client.ts";
import { bulkyOrders } from "./deliveries.ts";
import type { Scene } from "./scene.ts";
import { isAssumeRole, isFor, parametersOf } from "./sts.ts";

/** More than one file has. */
const EVENTS = 60_000;
const FILE_ROWS = 50_000;
/** An event a millisecond: the second file's first one is at 50 s. */
const [START, SECOND, END] = ["20260101000000000", "20260101000050000", "20260101000100000"];
const WINDOW = { startTime: "2026-01-01T00:00:00.000+0000", endTime: "2026-01-01T00:01:00.000+0000" };
const LOAD_WITHIN_MS = 120_000;
const RECEIVED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/;
const POLL_EVERY_MS = 200;
const NOT_PUSHED = "Exception caught while trying to push file to S3.";
/** As AWS answers when a condition of the trust policy does not hold. */
const REFUSED =
  "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>";

type Status = Awaited<ReturnType<InfobipClient["status"]>>;

export function infobip(scene: Scene): void {
  describe("a client of Infobip's", () => {
    let client: InfobipClient;

    const request = (directoryPath: string, more: { roleArn?: string; bucket?: string } = {}) =>
      client.submit({
        roleArn: roleArn("export"),
        bucket: CUSTOMER_BUCKET,
        region: "EU_CENTRAL_1",
        directoryPath,
        ...WINDOW,
        ...more,
      });
    const pause = () => new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));

    async function until(requestId: string, states: readonly Status["status"][]): Promise<Status> {
      for (;;) {
        const status = await client.status(requestId);
        if (states.includes(status.status)) return status;
        await pause();
      }
    }

    beforeAll(async () => {
      client = new InfobipClient(scene.toService.origin, scene.shop.space.api_key, fetch);
      await scene.shop.client.events.send(bulkyOrders(EVENTS), { concurrency: 2 });
    }, LOAD_WITHIN_MS);

    test("has its events in the bucket once its request is completed, in files whose windows touch", async () => {
      const directory = "exports/infobip/";
      const requestId = await request(directory);
      expect(await client.ended(requestId, pause)).toEqual({ requestId, status: "COMPLETED_SUCCESSFULLY" });

      const keys = (await scene.bucket().keys(directory)).filter((key) => key.includes("-events-"));
      const name = `${directory}${requestId}-events-`;
      expect(keys).toEqual([`${name}${START}-${SECOND}.json.gz`, `${name}${SECOND}-${END}.json.gz`]);
      const files = [];
      for (const key of keys) {
        const lines = gunzipSync(await scene.bucket().read(key)).toString("utf8");
        files.push(lines.trimEnd().split("\n"));
      }
      expect(files.map((lines) => lines.length)).toEqual([FILE_ROWS, EVENTS - FILE_ROWS]);

      const rows = files.flat().map((line) => JSON.parse(line) as Record<string, unknown>);
      const expected = [...bulkyOrders(EVENTS)].map(({ id, definition_id: definition, properties }) => ({
        definitionId: definition,
        eventId: id,
        sessionId: null,
        personId: "p-1",
        externalPersonId: "CRM-1",
        ...(properties as object),
        received: true,
      }));
      expect(rows.map(({ occuredTime, ...row }) => ({ ...row, received: RECEIVED.test(String(occuredTime)) }))).toEqual(
        expected,
      );
      expect(Object.keys(rows[0] ?? {})[5]).toBe("occuredTime");
    });

    test("whose role does not trust the service waits for its next attempt, and can cancel", async () => {
      const directory = "exports/infobip-closed/";
      const requestId = await request(directory, { roleArn: roleArn("closed") });
      const waiting = await until(requestId, ["FAILED_AWAITING_RETRY"]);
      expect(waiting).toEqual({ requestId, status: "FAILED_AWAITING_RETRY", message: NOT_PUSHED });

      await client.cancel(requestId);
      expect(await client.status(requestId)).toEqual({
        requestId,
        status: "CANCELLED_BY_CUSTOMER",
        message: expect.stringMatching(/^Cancellation complete, cancellation request received at \S+Z$/),
      });
      await expect(client.cancel(requestId)).rejects.toMatchObject({ status: 409 });
      expect(await scene.bucket().keys(directory)).toEqual([]);
    });

    // The gateway takes any external id: the recorder refuses in its place.
    test("whose trust policy still has the product's external id is refused, until the policy has the space's", async () => {
      const directory = "exports/infobip-trust/";
      let trusted = "infobip-people-event-export";
      scene.toStore.meddle = (call) => {
        if (!isAssumeRole(call) || !isFor(call, directory)) return null;
        if (parametersOf(call)["ExternalId"] === trusted) return null;
        return { answer: (_, answer) => ({ ...answer, status: 403, body: Buffer.from(REFUSED) }) };
      };
      const requestId = await request(directory);
      const waiting = await until(requestId, ["FAILED_AWAITING_RETRY"]);
      expect(waiting.message).toBe(NOT_PUSHED);
      trusted = scene.shop.space.external_id;
      expect((await client.ended(requestId, pause)).status).toBe("COMPLETED_SUCCESSFULLY");
    });

    test("whose bucket is not there has failed", async () => {
      const requestId = await request("exports/", { bucket: "no-such-bucket" });
      const failed = await client.ended(requestId, pause);
      expect(failed).toEqual({ requestId, status: "FAILED_AFTER_MAX_RETRIES", message: NOT_PUSHED });
    });
  });
}
