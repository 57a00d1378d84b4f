/** Settings: what is missing or wrong stops the Worker, with its name and never its value. */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readConfig } from "../src/config.ts";
import { AWS_VARS, PRINCIPAL } from "./support/aws.ts";

const read = (more: Record<string, string>) => readConfig({ ...env, ...more });

describe("the identity in AWS", () => {
  it("is none where nothing is set, and whole where all is", () => {
    expect(read({}).aws).toBeNull();
    expect(read(AWS_VARS).aws).toMatchObject({ principalArn: PRINCIPAL });
  });

  it.each(Object.keys(AWS_VARS))("is refused without %s", (name) => {
    expect(() => read({ ...AWS_VARS, [name]: "" })).toThrow(/must be set together/);
  });

  it("has the ARN of a principal", () => {
    const wrong = () => read({ ...AWS_VARS, AWS_PRINCIPAL_ARN: "spillway" });
    expect(wrong).toThrow(/AWS_PRINCIPAL_ARN/);
    expect(wrong).not.toThrow(AWS_VARS.AWS_SECRET_ACCESS_KEY);
  });
});

describe("the operator's token", () => {
  it("has at least 32 characters, and is no API key", () => {
    expect(() => read({ ADMIN_TOKEN: "x".repeat(31) })).toThrow(/ADMIN_TOKEN: must have at least 32 characters/);
    expect(() => read({ ADMIN_TOKEN: `spw_${"x".repeat(32)}` })).toThrow(/ADMIN_TOKEN: must not begin as an API key/);
    expect(read({ ADMIN_TOKEN: "x".repeat(32) }).adminToken).toHaveLength(32);
  });
});

describe.each([
  ["STS_ENDPOINT", "stsEndpoint"],
  ["S3_ENDPOINT", "s3Endpoint"],
] as const)("%s", (setting, field) => {
  it("is the region's own where none is set", () => {
    expect(read({})[field]).toBeNull();
    expect(read({ [setting]: "https://sts.acme.example/" })[field]).toBe("https://sts.acme.example");
  });

  it("is https, but in local development", () => {
    const open = { [setting]: "http://127.0.0.1:8000", BUCKET_ENDPOINT: "https://bucket.example" };
    expect(read(open)[field]).toBe("http://127.0.0.1:8000");
    expect(() => read({ ...open, ALLOW_INSECURE_TARGETS: "false" })).toThrow(`${setting} must be https`);
  });
});

describe("the dialects", () => {
  it("are none where none is named, and each once where they are", () => {
    expect(read({ DIALECTS: "" }).dialects).toEqual([]);
    expect(read({ DIALECTS: " infobip,infobip " }).dialects).toEqual(["infobip"]);
  });

  it("are refused by a name that is unknown, with the setting and the known names", () => {
    expect(() => read({ DIALECTS: "infobip,esperanto" })).toThrow(
      /DIALECTS: must have names of dialects only \(infobip.*not esperanto/,
    );
  });
});
