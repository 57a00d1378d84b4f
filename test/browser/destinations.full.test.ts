/** A destination with a wrong secret, from the wizard to the export that it holds up, and its mending. */

import { beforeAll, expect, test } from "vitest";
import type { NewSpace, Spillway } from "../../client/src/index.ts";
import { createFlightSpace, sendFlights } from "../../scripts/flight-space.ts";
import { readFlights, WEEK } from "../../scripts/flights.ts";
import { browserScene, describeInBrowser, enterKey } from "./support.ts";

/** Of the store on this machine. */
const ACCESS_KEY_ID = "local-access-key";
const SECRET = "local-secret-access-key";
const BUCKET = "spillway-exports";
/** The pauses between the attempts of an export grow. */
const NEXT_ATTEMPT_WITHIN_MS = 180_000;

describeInBrowser("a destination whose secret is wrong", () => {
  const scene = browserScene();
  let space: NewSpace;
  let client: Spillway;

  beforeAll(async () => {
    const flights = (await readFlights()).slice(0, 100);
    ({ space, client } = await createFlightSpace(scene.origin, flights));
    await sendFlights(client, flights);
  });

  test("is found by the connection test, holds an export up, and lets it go on once it is mended", async () => {
    // This deployment has no identity that could assume a role: there are no policies to paste.
    const page = await scene.page({ answers: [409] });
    await page.goto(`${scene.origin}/console/destinations/new`);
    await enterKey(page, space.api_key, true);

    await page.getByLabel("Name", { exact: true }).fill("Warehouse");
    await page.getByLabel("Store").selectOption({ label: "MinIO" });
    await page.getByLabel("Access", { exact: true }).selectOption({ label: "Access keys" });
    await page.getByLabel("Endpoint").fill(`${scene.stage.bucketOrigin}/cdn-cgi/local/r2/s3`);
    await page.getByLabel("Bucket", { exact: true }).fill(BUCKET);
    await page.getByLabel("Region").fill("auto");
    await page.getByLabel("Directory path").fill(`warehouse/${space.id}/`);
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByLabel("Access key id").fill(ACCESS_KEY_ID);
    await page.getByLabel("Secret access key").fill("not-the-secret");
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByRole("button", { name: "Create the destination" }).click();
    await page.getByRole("button", { name: "Test the connection" }).click();
    await page.getByRole("heading", { name: /failed\. Do what is said there/ }).waitFor();
    const [destination] = await client.destinations.list().all();
    expect(destination?.name).toBe("Warehouse");

    const delivery = { type: "s3", destination_id: destination?.id ?? "" } as const;
    const { id } = await client.exports.create({ dataset: "activity_events", ...WEEK, delivery });
    await page.goto(`${scene.origin}/console/exports/${id}`);
    await page.getByText("You must act.").first().waitFor();

    await page.goto(`${scene.origin}/console/destinations/${delivery.destination_id}/change?next=test`);
    await page.getByLabel("Secret access key").fill(SECRET);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Test the connection" }).click();
    await page.getByRole("heading", { name: "The test passed: exports can be delivered here." }).waitFor();

    await page.goto(`${scene.origin}/console/exports/${id}`);
    await page.getByText("The files are in your bucket.").waitFor({ timeout: NEXT_ATTEMPT_WITHIN_MS });
    const view = await client.exports.get(id);
    expect(view).toMatchObject({ status: "completed", progress: { rows_written: 100 } });
  });
});
