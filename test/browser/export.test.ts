/** An export of real rows, from the form to the file on disk. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { createFlightSpace, flatRows, sendFlights } from "../../scripts/flight-space.ts";
import { type Flight, readFlights, WEEK } from "../../scripts/flights.ts";
import { browserScene, describeInBrowser, downloadBy, signIn } from "./support.ts";

/** Two chunks, because a chunk writes at most twenty files. */
const FLIGHTS = 1_000;
const FILE_ROWS = 25;

describeInBrowser("an export of flights", () => {
  const scene = browserScene();
  let flights: Flight[];

  let space: { id: string; api_key: string };

  beforeAll(async () => {
    flights = (await readFlights()).slice(0, FLIGHTS);
    const made = await createFlightSpace(scene.origin, flights);
    ({ space } = made);
    await sendFlights(made.client, flights);
  });

  test("is followed by its bar, and what the browser downloads has every row and the SHA-256 that the page shows", async () => {
    // The last file, whose name has the end of the window: the second chunk waits, the first does not.
    const last = `${space.id}/.*-20010108`;
    await scene.hold(last);
    const page = await scene.page();
    await signIn(page, scene.origin, space.api_key, "/new");
    await page.getByRole("radio", { name: /^Activity events/ }).check();
    await page.getByLabel("From", { exact: true }).fill(WEEK.start.slice(0, 19));
    await page.getByLabel("Until", { exact: true }).fill(WEEK.end.slice(0, 19));
    await page.getByLabel("Layout").selectOption("files");
    await page.getByLabel("Rows per file").fill(String(FILE_ROWS));
    await page.getByRole("button", { name: "Create export" }).click();

    const progress = page.getByRole("region", { name: "Progress" });
    await progress.getByText("500 of 1,000 rows").waitFor();
    expect(await progress.getByRole("progressbar").getAttribute("value")).toBe("0.5");
    await scene.release(last);

    const files = page.getByRole("region", { name: "Files" });
    const whole = await downloadBy(page, () => files.getByRole("button", { name: /^Download all rows/ }).click());
    expect(rowsOf(await readFile(whole))).toEqual([...flatRows(flights)]);

    const button = files.getByRole("button", { name: /^Download .*\.gz$/ }).first();
    const bytes = await readFile(await downloadBy(page, () => button.click()));
    expect(rowsOf(gunzipSync(bytes))).toEqual([...flatRows(flights.slice(0, FILE_ROWS))]);
    await page.getByTitle(createHash("sha256").update(bytes).digest("hex")).waitFor();
  });
});

/** Without the time when the service received the event, which the source does not have. */
function rowsOf(lines: Uint8Array): unknown[] {
  return Buffer.from(lines)
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => {
      const { occuredTime: _, ...row } = JSON.parse(line) as Record<string, unknown>;
      return row;
    });
}
