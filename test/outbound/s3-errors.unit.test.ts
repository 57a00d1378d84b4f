/** Refusals of stores: what each documented code becomes, and what is shown of it. */

import { describe, expect, it } from "vitest";
import { ERRORS } from "../../src/errors.ts";
import { classifyRefusal } from "../../src/outbound/s3-errors.ts";
import { STORE_CODES } from "../../src/outbound/store-codes.ts";

const xml = (code: string, message = "the store's own words") =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
const classify = (status: number, text: string, headers: Record<string, string> = {}) =>
  classifyRefusal(new Response(null, { status, headers }), text, { kms: false, options: false });

/**
 * By hand from the stores' documentation: the codes that a write, a read, a list or a delete can meet, with their
 * status.
 */
const DOCUMENTED: Record<string, readonly (readonly [status: number, code: string, ours: string])[]> = {
  "AWS S3": [
    [403, "AccessDenied", "bucket_denied"],
    [403, "AccountProblem", "bucket_denied"],
    [403, "AllAccessDisabled", "bucket_denied"],
    [400, "AuthorizationHeaderMalformed", "bucket_denied"],
    [400, "CredentialsNotSupported", "bucket_denied"],
    [400, "EntityTooLarge", "bucket_denied"],
    [400, "ExpiredToken", "bucket_denied"],
    [400, "IllegalLocationConstraintException", "wrong_region"],
    [400, "IncompleteBody", "destination_unavailable"],
    [500, "InternalError", "destination_unavailable"],
    [403, "InvalidAccessKeyId", "bucket_denied"],
    [400, "InvalidArgument", "bucket_denied"],
    [400, "InvalidBucketName", "bucket_denied"],
    [400, "InvalidEncryptionAlgorithmError", "bucket_denied"],
    [403, "InvalidObjectState", "bucket_denied"],
    [403, "InvalidPayer", "bucket_denied"],
    [400, "InvalidRequest", "bucket_denied"],
    [403, "InvalidSecurity", "bucket_denied"],
    [400, "InvalidStorageClass", "bucket_denied"],
    [400, "InvalidToken", "bucket_denied"],
    [400, "InvalidURI", "bucket_denied"],
    [400, "KeyTooLongError", "bucket_denied"],
    [400, "KMS.DisabledException", "kms_denied"],
    [400, "KMS.NotFoundException", "kms_denied"],
    [405, "MethodNotAllowed", "bucket_denied"],
    [411, "MissingContentLength", "bucket_denied"],
    [400, "MissingSecurityHeader", "bucket_denied"],
    [404, "NoSuchBucket", "bucket_not_found"],
    [501, "NotImplemented", "bucket_denied"],
    [403, "NotSignedUp", "bucket_denied"],
    [409, "OperationAborted", "destination_unavailable"],
    [301, "PermanentRedirect", "wrong_region"],
    [400, "RequestTimeout", "destination_unavailable"],
    [403, "RequestTimeTooSkewed", "clock_skew"],
    [503, "ServiceUnavailable", "destination_unavailable"],
    [403, "SignatureDoesNotMatch", "bucket_denied"],
    [503, "SlowDown", "destination_unavailable"],
    [307, "TemporaryRedirect", "wrong_region"],
    [400, "TokenRefreshRequired", "bucket_denied"],
  ],
  "Cloudflare R2": [
    [401, "Unauthorized", "bucket_denied"],
    [403, "AccessDenied", "bucket_denied"],
    [400, "ExpiredRequest", "clock_skew"],
    [403, "SignatureDoesNotMatch", "bucket_denied"],
    [403, "NotEntitled", "bucket_denied"],
    [403, "ObjectLockedByBucketPolicy", "bucket_denied"],
    [400, "InvalidRegionName", "bucket_denied"],
    [429, "TooManyRequests", "destination_unavailable"],
    [503, "ServiceUnavailable", "destination_unavailable"],
  ],
  "Google Cloud Storage": [
    [401, "AuthenticationRequired", "bucket_denied"],
    [403, "AccessDenied", "bucket_denied"],
    [403, "InvalidSecurity", "bucket_denied"],
    [400, "CloudKmsDisabledKey", "kms_denied"],
    [400, "CloudKmsEncryptionKeyNotFound", "kms_denied"],
    [400, "UserProjectMissing", "bucket_denied"],
    [403, "UserProjectAccountProblem", "bucket_denied"],
    [403, "RetentionPolicyNotMet", "bucket_denied"],
    [403, "RequestTimeTooSkewed", "clock_skew"],
    [429, "RateLimitExceeded", "destination_unavailable"],
  ],
  Ceph: [
    [403, "AccessDenied", "bucket_denied"],
    [403, "InvalidAccessKeyId", "bucket_denied"],
    [403, "SignatureDoesNotMatch", "bucket_denied"],
    [403, "UserSuspended", "bucket_denied"],
    [403, "QuotaExceeded", "destination_unavailable"],
    [403, "RequestTimeTooSkewed", "clock_skew"],
    [400, "EntityTooLarge", "bucket_denied"],
    [404, "NoSuchBucket", "bucket_not_found"],
    [405, "MethodNotAllowed", "bucket_denied"],
    [503, "SlowDown", "destination_unavailable"],
  ],
};

describe.each(Object.entries(DOCUMENTED))("the codes of %s", (_store, codes) => {
  it.each(codes)("%i %s is %s, and its text names status and code", (status, s3Code, ours) => {
    const { code, detail } = classify(status, xml(s3Code));
    expect(code).toBe(ours);
    expect(detail).toMatch(new RegExp(`^The store answered ${status} ${s3Code.replaceAll(".", "\\.")}: [a-z].*\\.$`));
  });
});

describe("who signed, and what is permitted,", () => {
  const CREDENTIALS = [
    "AuthenticationRequired",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidSecurity",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "Unauthorized",
  ];

  it.each(CREDENTIALS)("are told apart: %s is no missing permission", (s3Code) => {
    const { detail, lacksPermission } = classify(403, xml(s3Code));
    expect([lacksPermission, /s3:|allow/.test(detail)]).toEqual([false, false]);
  });

  it.each(["AccessDenied", ""])("are told apart: %o may be a missing permission", (s3Code) => {
    const { detail, lacksPermission } = classify(403, s3Code === "" ? "" : xml(s3Code));
    expect([lacksPermission, detail.includes("s3:PutObject")]).toEqual([true, true]);
  });
});

describe("every code of the table", () => {
  it.each(STORE_CODES)("%s becomes a code of the error table", (s3Code) => {
    expect(ERRORS).toHaveProperty(classify(400, xml(s3Code)).code);
  });
});

describe("a code that no store documents", () => {
  it.each(["constructor", "__proto__", "toString", "valueOf"])("%s, a name of objects, is like any other", (s3Code) => {
    expect(classify(403, xml(s3Code)).code).toBe("bucket_denied");
    expect(classify(503, xml(s3Code)).code).toBe("destination_unavailable");
  });

  it.each([
    [403, "bucket_denied"],
    [401, "bucket_denied"],
    [400, "destination_unavailable"],
    [404, "destination_unavailable"],
    [500, "destination_unavailable"],
    [501, "bucket_denied"],
  ])("follows the status %i: %s", (status, ours) => {
    const { code, detail } = classify(status, xml("BrandNew"));
    expect([code, detail.startsWith(`The store answered ${status} BrandNew: `)]).toEqual([ours, true]);
  });

  it.each(["x".repeat(65), "a\nb", "a b", "<b>", "\u001b[31m", "<![CDATA[a\u0000]]>"])(
    "is not repeated where it is no name: %j",
    (sent) => {
      const { detail, s3Code } = classify(403, xml(sent));
      expect([s3Code, detail.startsWith("The store answered 403: ")]).toEqual(["", true]);
    },
  );

  it("never shows the store's own words", () => {
    expect(classify(403, xml("AccessDenied")).detail).not.toContain("own words");
  });
});

it("names the right region only where it is one", () => {
  expect(classify(301, "", { "x-amz-bucket-region": "eu-west-1" }).detail).toContain("is in eu-west-1");
  expect(classify(301, xml("PermanentRedirect"), { "x-amz-bucket-region": "Evil <b>" }).detail).not.toContain("Evil");
});
