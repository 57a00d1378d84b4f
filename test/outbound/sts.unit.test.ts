/** AssumeRole: the request, the cache of sessions, and the error codes of a refusal. */

import { beforeEach, describe, expect, it } from "vitest";
import { SpillwayError } from "../../src/errors.ts";
import { type RoleRequest, RoleSessions } from "../../src/outbound/sts.ts";
import { AWS_VARS, FakeAws, ROLE } from "../support/aws.ts";

const MINUTE = 60_000;
const NOW = Date.parse("2026-03-01T12:00:00.000Z");
const SETTINGS = {
  accessKeyId: AWS_VARS.AWS_ACCESS_KEY_ID,
  secretAccessKey: AWS_VARS.AWS_SECRET_ACCESS_KEY,
  endpoint: null as string | null,
};
const REQUEST: RoleRequest = {
  roleArn: ROLE,
  externalId: "spillway-1",
  sessionName: "4c959f87-6c1d-4f2e-9a7b-3d5e8f0a1b2c",
  policy: '{"Version":"2012-10-17","Statement":[]}',
  region: "eu-central-1",
};

let aws: FakeAws;
let now: number;
let sessions: RoleSessions;

beforeEach(() => {
  now = NOW;
  aws = new FakeAws();
  aws.now = () => now;
  aws.trusted = new Set(["spillway-1", "spillway-2"]);
  sessions = new RoleSessions(SETTINGS, () => now, aws.fetch);
});

const codeOf = async (work: Promise<unknown>) =>
  work.then(
    () => "none",
    (thrown: unknown) => (thrown instanceof SpillwayError ? `${thrown.code} ${thrown.owner}` : String(thrown)),
  );

describe("a session", () => {
  it("is requested in the form that STS expects", async () => {
    const given = await sessions.credentials(REQUEST);
    expect(given).toMatchObject({ accessKeyId: expect.stringMatching(/^ASIA/), sessionToken: expect.any(String) });
    expect(Object.fromEntries(aws.sts[0]?.params ?? [])).toEqual({
      Action: "AssumeRole",
      Version: "2011-06-15",
      RoleArn: ROLE,
      RoleSessionName: REQUEST.sessionName,
      ExternalId: "spillway-1",
      DurationSeconds: "3600",
      Policy: REQUEST.policy,
    });
  });

  it.each([
    ["eu-central-1", null, "sts.eu-central-1.amazonaws.com"],
    ["cn-north-1", null, "sts.cn-north-1.amazonaws.com.cn"],
    ["eu-central-1", "http://sts.test:9000", "sts.test:9000"],
  ])("of %s with the endpoint %s is asked for at %s", async (region, endpoint, host) => {
    sessions = new RoleSessions({ ...SETTINGS, endpoint }, () => now, aws.fetch);
    await sessions.credentials({ ...REQUEST, region });
    expect(aws.sts[0]?.host).toBe(host);
  });

  it("is kept until five minutes before its end, and then renewed", async () => {
    const first = await sessions.credentials(REQUEST);
    now += 54 * MINUTE;
    expect(await sessions.credentials(REQUEST)).toEqual(first);
    now += 1 * MINUTE;
    expect(await sessions.credentials(REQUEST)).not.toEqual(first);
    expect(aws.sts).toHaveLength(2);
  });

  it.each<[string, Partial<RoleRequest>]>([
    ["external id", { externalId: "spillway-2" }],
    ["policy", { policy: '{"Version":"2012-10-17","Statement":[{}]}' }],
    ["session", { sessionName: "another" }],
  ])("is another one's for another %s", async (_what, more) => {
    const first = await sessions.credentials(REQUEST);
    expect(await sessions.credentials({ ...REQUEST, ...more })).not.toEqual(first);
  });

  it("is dropped on forget", async () => {
    const first = await sessions.credentials(REQUEST);
    sessions.forget(REQUEST);
    expect(await sessions.credentials(REQUEST)).not.toEqual(first);
  });

  it("stays in memory with two hundred others at most", async () => {
    await sessions.credentials(REQUEST);
    for (let n = 0; n < 200; n += 1) await sessions.credentials({ ...REQUEST, sessionName: `other-${n}` });
    await sessions.credentials({ ...REQUEST, sessionName: "other-199" });
    expect(aws.sts).toHaveLength(201);
    await sessions.credentials(REQUEST);
    expect(aws.sts).toHaveLength(202);
  });

  it("that was refused is not cached", async () => {
    aws.trusted = new Set();
    expect(await codeOf(sessions.credentials(REQUEST))).toBe("role_denied customer");
    aws.trusted = null;
    expect(await codeOf(sessions.credentials(REQUEST))).toBe("none");
  });
});

describe("a refusal", () => {
  const answer = (status: number, code: string, message = "no") =>
    new Response(`<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`, {
      status,
    });

  it.each<[string, () => Response, string]>([
    ["AccessDenied", () => answer(403, "AccessDenied"), "role_denied customer"],
    ["403 without a code", () => new Response("", { status: 403 }), "role_denied customer"],
    ["404 without a code", () => new Response("", { status: 404 }), "role_denied customer"],
    [
      "a bad external id",
      () => answer(400, "ValidationError", "at 'externalId' failed"),
      "external_id_refused customer",
    ],
    ["our key", () => answer(403, "InvalidClientTokenId"), "destination_unavailable service"],
    ["our signature", () => answer(403, "SignatureDoesNotMatch"), "destination_unavailable service"],
    ["a region that is off", () => answer(403, "RegionDisabledException"), "role_denied customer"],
    ["our clock", () => answer(400, "RequestExpired"), "clock_skew service"],
    ["too many calls", () => answer(400, "Throttling"), "destination_unavailable service"],
    ["STS being away", () => new Response("", { status: 503 }), "destination_unavailable service"],
    [
      "a redirect",
      () => new Response(null, { status: 302, headers: { location: "http://169.254.169.254/" } }),
      "destination_unavailable service",
    ],
    ["no XML", () => new Response("hello"), "destination_unavailable service"],
    ["half an answer", () => new Response("<AssumeRoleResponse/>"), "destination_unavailable service"],
  ])("of %s names who must act", async (_what, instead, code) => {
    aws.instead = instead;
    expect(await codeOf(sessions.credentials(REQUEST))).toBe(code);
  });

  it("of the connection is the service's", async () => {
    const broken = new RoleSessions(
      SETTINGS,
      () => now,
      async () => Promise.reject(new TypeError("lost")),
    );
    expect(await codeOf(broken.credentials(REQUEST))).toBe("destination_unavailable service");
  });
});
