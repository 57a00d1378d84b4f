/** From the options of `exports create` to the request. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { DATASET_NAMES, FIELDS_OF_REQUEST_FILES } from "../../../client/src/cli/export-flags.ts";
import { exportFields } from "../../../client/src/cli/export-request.ts";
import { inPascalCase } from "../../../src/names.ts";
import { spillway } from "./spillway.ts";

const ROOT = new URL("../../..", import.meta.url).pathname;
const KEY = { SPILLWAY_KEY: "spw_test" };

/** The request that the options make; no call is made for it. */
async function requestOf(command: string, stdin = ""): Promise<unknown> {
  const args = command.split(" ").filter((word) => word !== "");
  const { code, stdout, stderr } = await spillway(["exports", "create", ...args, "--print-request", "--json"], {
    env: KEY,
    stdin,
  });
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

async function refusalOf(command: string, stdin = ""): Promise<string> {
  const { code, stdout, stderr } = await spillway(["exports", "create", ...command.split(" "), "--print-request"], {
    env: KEY,
    stdin,
  });
  expect(code).toBe(2);
  expect(stdout).toBe("");
  return stderr;
}

describe("each dataset's window has the names of its fields", () => {
  const last = { start: "2026-10-27T12:00:00.000Z", end: "2026-11-03T12:00:00.000Z" };
  it.each([
    ["activity_events", { start: last.start, end: last.end }],
    ["conversion_events", { start: last.start, end: last.end }],
    ["segment_profiles", { start_at: last.start, end_at: last.end }],
    ["profile_events", { from: last.start, to: last.end }],
    ["reachability_events", { from: last.start, to: last.end }],
  ])("%s", async (dataset, window) => {
    expect(await requestOf(`${dataset} --last 7d`)).toEqual({ dataset, ...window });
  });

  it("profile_attributes has none", async () => {
    expect(await refusalOf("profile_attributes --last 7d")).toContain("profile_attributes has no window");
  });
});

describe("with --idempotency-key the command can be run again", () => {
  const args = (...window: string[]) =>
    ["exports", "create", "activity_events", "--idempotency-key=nightly", "--print-request", "--json"].concat(window);
  const inUtc = { env: KEY, fetch: () => Promise.resolve(Response.json({ timezone: "UTC", retention_days: 30 })) };

  it.each([["--last=7d"], ["--last=all"], ["--date=2026-11-03"], ["--date=2026-11-01..2026-11-03"]])(
    "not with %s, which ends now",
    async (window) => {
      const { code, stdout, stderr } = await spillway(args(window), inUtc);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(JSON.parse(stderr)).toMatchObject({ error: { detail: expect.stringContaining("ends now") as string } });
    },
  );

  it.each([["--date=2026-11-02"], ["--start=2026-11-01", "--end=2026-11-03T12:00:00.000Z"]])(
    "%s",
    async (...window) => {
      expect((await spillway(args(...window), inUtc)).code).toBe(0);
    },
  );
});

it("days of conversions go as days", async () => {
  const timezone = Response.json({ timezone: "UTC" });
  const asked = async (date: string) => {
    const args = ["exports", "create", "conversion_events", "--date", date, "--print-request", "--json"];
    return JSON.parse((await spillway(args, { env: KEY, fetch: () => Promise.resolve(timezone.clone()) })).stdout);
  };
  expect(await asked("2026-11-01")).toEqual({ dataset: "conversion_events", date: "2026-11-01" });
  expect(await asked("yesterday")).toEqual({ dataset: "conversion_events", date: "2026-11-02" });
  expect(await asked("2026-10-01..2026-10-31")).toEqual({
    dataset: "conversion_events",
    start_date: "2026-10-01",
    end_date: "2026-10-31",
  });
});

it("options set the fields of the request, with the types of the fields", async () => {
  const events =
    "activity_events --events order*,cart --events page --no-extra-fields --row-format nested --format parquet " +
    "--compression zstd --layout files --file-rows 1000 --columns eventId,properties.amount=amount " +
    "--redact properties.email=sha256 --redact properties.name=drop --since e-1 --callback-url https://a.example/";
  expect(await requestOf(events)).toEqual({
    dataset: "activity_events",
    event_names: ["order*", "cart", "page"],
    extra_fields: false,
    row_format: "nested",
    format: "parquet",
    compression: "zstd",
    layout: "files",
    file_rows: 1_000,
    columns: [{ path: "eventId" }, { path: "properties.amount", as: "amount" }],
    redact: { "properties.email": "sha256", "properties.name": "drop" },
    since: "e-1",
    callback_url: "https://a.example/",
  });
});

it("one attribution model goes alone, several as a list", async () => {
  const models = async (names: string) =>
    requestOf(`conversion_events --sources email --attribution-window 30 --attribution-model ${names}`);
  const common = { dataset: "conversion_events", sources: ["email"], attribution_window: 30 };
  expect(await models("linear")).toEqual({ ...common, attribution_model: "linear" });
  expect(await models("linear,u_shaped")).toEqual({ ...common, attribution_model: ["linear", "u_shaped"] });
});

it("options of delivery name a bucket or a destination", async () => {
  expect(await requestOf("profile_attributes --identifiers custom_id --destination d-1")).toEqual({
    dataset: "profile_attributes",
    identifiers: ["custom_id"],
    delivery: { type: "s3", destination_id: "d-1" },
  });
  const bucket = "--bucket b --region eu-central-1 --role-arn arn:aws:iam::1:role/r --directory-path x/";
  expect(await requestOf(`profile_attributes ${bucket}`)).toMatchObject({
    delivery: { type: "s3", bucket: "b", region: "eu-central-1", directory_path: "x/" },
  });
});

it("an option of another dataset is refused, and says of which it is", async () => {
  expect(await refusalOf("activity_events --sources email")).toContain(
    "--sources is an option of conversion_events, not of activity_events.",
  );
});

it("without a dataset, or with an unknown one, the datasets are listed", async () => {
  expect(await refusalOf("nothing")).toMatch(/There is no dataset "nothing"\.\n {2}activity_events .*events/);
  expect((await spillway(["exports", "create"], { env: KEY })).stderr).toContain("Which dataset?");
});

describe("--request", () => {
  it("reads JSON from a file or from standard input, and options replace its fields", async () => {
    const json = JSON.stringify({ dataset: "activity_events", start: "a", format: "csv", layout: "files" });
    const expected = { dataset: "activity_events", start: "a", format: "ndjson", layout: "files" };
    expect(await requestOf("--request - --format ndjson", json)).toEqual(expected);
    const file = join(mkdtempSync(join(tmpdir(), "spillway-request-")), "request.json");
    writeFileSync(file, json);
    expect(await requestOf(`--request ${file} --format ndjson`)).toEqual(expected);
  });

  it.each([
    ["{", "Standard input is not JSON"],
    ["[]", "Standard input must be a JSON object."],
    ["null", "Standard input must be a JSON object."],
    ["", "Standard input is not JSON"],
  ])("refuses %j", async (text, message) => {
    expect(await refusalOf("--request -", text)).toContain(message);
  });

  it("names a file that is not there", async () => {
    const ran = await spillway(["exports", "create", "--request", "no.json"], { env: KEY });
    expect(ran.stderr).toBe("spillway: /nowhere/no.json does not exist.\n");
    expect(ran.code).toBe(1);
  });
});

describe("every field of the OpenAPI document has an option", () => {
  const printed = spawnSync(process.execPath, [join(ROOT, "scripts/openapi.ts")], {
    encoding: "utf8",
    maxBuffer: 64_000_000,
  });
  const { components } = JSON.parse(printed.stdout) as {
    components: { schemas: Record<string, { properties?: Record<string, unknown> }> };
  };

  it.each(DATASET_NAMES)("%s", (dataset) => {
    const fields = Object.keys(components.schemas[`${inPascalCase(dataset)}Request`]?.properties ?? {});
    const options = exportFields(dataset);
    const known = (field: string) => Object.keys(options).some((each) => each.split("/")[0] === field);
    expect(fields.length).toBeGreaterThan(10);
    expect(fields.filter((field) => !known(field) && !FIELDS_OF_REQUEST_FILES.includes(field))).toEqual([]);
  });
});
