/** What `npm run dev` refuses before it starts wrangler, and which lines of wrangler's output it shows. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { QuietOutput } from "../../scripts/stack/output.ts";
import { settingProblems } from "../../scripts/stack/settings.ts";
import { freePort, ROOT } from "../../scripts/stack.ts";

const EXAMPLE = readFileSync(join(ROOT, "scripts", "stack", "local.vars"), "utf8");
const DEFAULTS = {
  BUCKET_ENDPOINT: "http://localhost:8787/s3",
  BUCKET_NAME: "exports",
  BUCKET_REGION: "auto",
  AWS_PRINCIPAL_ARN: "",
  STS_ENDPOINT: "",
  S3_ENDPOINT: "",
  GZIP_ENGINE: "fflate",
  GZIP_LEVEL: "3",
  CREATE_LIMIT: "5",
  POLL_LIMIT: "30",
  LIST_LIMIT: "7",
  DIALECTS: "",
  WRITE_LIMIT: "300",
  API_LIMIT: "1200",
  PENDING_LIMIT: "10",
  KEY_LIMIT: "100",
  DEFINITION_LIMIT: "1000",
  LEASE_SECONDS: "30",
  RESEND_AFTER_SECONDS: "10",
  DOWNLOAD_TTL_DAYS: "7",
  SEGMENT_TTL_DAYS: "1",
  TRACKER_LIMIT: "600",
  URL_TTL_SECONDS: "900",
  MAX_EXPORT_BYTES: "10000000000",
};

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "spillway-dev-"))));
afterEach(() => rmSync(folder, { recursive: true }));

function dev(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const script = join(ROOT, "scripts", "dev.ts");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });
  return { code: status, stdout, stderr };
}

describe("the command ends at once, with 1 and a message,", () => {
  test("when the port is in use", async () => {
    const port = await freePort();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const { code, stdout, stderr } = dev("--port", String(port), "--persist-to", folder);
    await new Promise((resolve) => server.close(resolve));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`Port ${port} is in use by another process.`);
    expect(stderr).toContain("--port NUMBER");
  });

  test.each(["0", "65536", "http"])("when the port is %s", (port) => {
    expect(dev("--port", port)).toMatchObject({ code: 1, stderr: expect.stringContaining("--port must be") });
  });

  test("when a setting is wrong, without its value", async () => {
    const file = join(folder, "vars");
    writeFileSync(file, EXAMPLE.replace(/^SECRETS_KEY=.*$/m, "SECRETS_KEY=k1:c2VjcmV0"));
    const { code, stderr } = dev("--port", String(await freePort()), "--env-file", file, "--persist-to", folder);
    expect(code).toBe(1);
    expect(stderr).toMatch(/vars, line \d+: SECRETS_KEY is invalid: .*base64.*openssl rand/);
    expect(stderr).not.toContain("c2VjcmV0");
  });
});

describe("settings", () => {
  const problemsOf = (text: string, overrides: Record<string, string> = {}) =>
    settingProblems({ files: [{ name: ".dev.vars", text }], example: EXAMPLE, defaults: DEFAULTS, overrides });

  test("of the example file are valid", () => {
    expect(problemsOf(EXAMPLE)).toEqual([]);
  });

  test("may be left out where their default is empty", () => {
    expect(problemsOf(EXAMPLE.replace(/^DIALECTS=.*\n/m, ""))).toEqual([]);
  });

  test("that name a dialect that there is not are named with their line", () => {
    const text = EXAMPLE.replace(/^DIALECTS=.*$/m, "DIALECTS=infobip,esperanto");
    const line = text.split("\n").indexOf("DIALECTS=infobip,esperanto") + 1;
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(new RegExp(`^\\.dev\\.vars, line ${line}: DIALECTS is invalid: .*not esperanto`)),
    ]);
  });

  test("that are missing or empty are all named, the empty ones with their line", () => {
    const text = EXAMPLE.replace(/^ADMIN_TOKEN=.*$/m, "ADMIN_TOKEN=").replace(/^SECRETS_KEY=.*\n/m, "");
    const line = text.split("\n").indexOf("ADMIN_TOKEN=") + 1;
    expect(problemsOf(text)).toEqual([
      `.dev.vars, line ${line}: ADMIN_TOKEN is empty. Set it; scripts/stack/local.vars has a value for local work.`,
      ".dev.vars: SECRETS_KEY is missing. Set it; scripts/stack/local.vars has a value for local work.",
    ]);
  });

  test("that break a rule are all named, with their line", () => {
    const text = EXAMPLE.replace(/^ADMIN_TOKEN=.*$/m, "ADMIN_TOKEN=short").replace("=true", "=perhaps");
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(/^\.dev\.vars, line \d+: ADMIN_TOKEN is invalid: /),
      expect.stringMatching(/^\.dev\.vars, line \d+: ALLOW_INSECURE_TARGETS is invalid: /),
    ]);
  });

  test("that belong together are named together", () => {
    expect(problemsOf(`${EXAMPLE}\nAWS_ACCESS_KEY_ID=AKIA`)).toEqual([
      expect.stringContaining("AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_PRINCIPAL_ARN"),
    ]);
  });

  test("of the command line replace those of the file", () => {
    expect(
      problemsOf(EXAMPLE.replace(/^ADMIN_TOKEN=.*\n/m, ""), { ADMIN_TOKEN: "long enough, so 32 characters or more" }),
    ).toEqual([]);
    expect(problemsOf(EXAMPLE, { GZIP_LEVEL: "12" })).toEqual([
      expect.stringMatching(/^--var GZIP_LEVEL: GZIP_LEVEL is invalid: /),
    ]);
    expect(problemsOf(EXAMPLE, { DIALECTS: "esperanto", ADMIN_TOKEN: "" })).toEqual([
      expect.stringMatching(/^--var ADMIN_TOKEN: ADMIN_TOKEN is empty/),
    ]);
    expect(problemsOf(EXAMPLE, { DIALECTS: "esperanto" })).toEqual([
      expect.stringMatching(/^--var DIALECTS: DIALECTS is invalid: .*, not esperanto/),
    ]);
  });
});

describe("wrangler's output", () => {
  const START = ["▲ [WARNING] experimental", "Your Worker has access to the following bindings:", "Starting server..."];
  const shown = (filters: boolean, use: (output: QuietOutput) => void): string[] => {
    const lines: string[] = [];
    use(new QuietOutput((line) => lines.push(line), filters));
    return lines;
  };

  test("is kept back until the service answers; then its log is shown, without repetitions", () => {
    const log = [
      '{"event":"request","method":"GET","route":"/v1/exports","status":200}',
      "[wrangler:info] GET /v1/exports 200 OK (6ms)",
      '{"event":"sweep.slice","task":"resend","more":true,"ms":4}',
      "⎔ Reloading local server...",
    ];
    const link = `[wrangler:info] GET /2.4/exports/files/${"k1.x_-".repeat(20)} 200 OK (4ms)`;
    const hidden = [
      "Your Worker has access to the following bindings:",
      "Binding                   Resource            Mode",
      'env.GZIP_LEVEL ("3")      Environment Variable   local',
      "[wrangler:info] GET /healthz 200 OK (5ms)",
      '{"event":"request","method":"GET","route":"/healthz","status":200,"ms":0}',
      '{"event":"sweep","tasks":13}',
      '{"event":"sweep.slice","task":"resend","more":false,"ms":4}',
      '{"event":"queue.batch","queue":"spillway-maintenance","messages":1}',
      "[wrangler:info] QUEUE spillway-maintenance 1/1 (7ms)",
      "",
    ];
    expect(
      shown(true, (output) => {
        for (const line of START) output.take(line);
        output.open();
        for (const line of [...hidden, ...log, link]) output.take(line);
      }),
    ).toEqual([...log, "[wrangler:info] GET /2.4/exports/files/… 200 OK (4ms)"]);
  });

  test("is shown from its beginning when an error comes during the start", () => {
    expect(
      shown(true, (output) => {
        for (const line of [...START, "\u001b[31m✘ [ERROR]\u001b[0m Build failed", "src/index.ts:1:2"])
          output.take(line);
      }),
    ).toEqual([...START, "\u001b[31m✘ [ERROR]\u001b[0m Build failed", "src/index.ts:1:2"]);
  });

  test("is shown line by line without the filter", () => {
    expect(shown(false, (output) => START.forEach((line) => output.take(line)))).toEqual(START);
  });
});
