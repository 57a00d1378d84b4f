/**
 * A store's refusal → a code of errors.ts with the store's own code in its text. A store's own message is never shown,
 * and its code only where it has the form of one.
 */

import { type ErrorCode, SpillwayError } from "../errors.ts";
import { refusalIn } from "./s3-xml.ts";
import { storeCode, storeStatus } from "./store-codes.ts";

/** A store's refusal as a public error. */
export class StoreRefusal extends SpillwayError {
  /** A permission could change the answer; false for a store that does not accept who signed. */
  readonly lacksPermission: boolean;

  constructor(code: ErrorCode, detail: string, more: RefusalMore) {
    super(code, detail, more);
    this.lacksPermission = more.lacksPermission;
  }
}

/** A store's answer that was an error, for the log: the cause of the public error. */
export class StoreAnswer extends Error {
  readonly s3Code: string;

  constructor(status: number, s3Code: string) {
    super(`S3 answered ${status} ${s3Code}`);
    this.s3Code = s3Code;
  }
}

/**
 * Codes for a multipart upload that cannot be completed as it is: it was aborted or completed, a part is not the one
 * that was named, or another write of its key came between (after which S3 wants every part again).
 */
const UPLOAD_LOST = new Set(["NoSuchUpload", "InvalidPart", "InvalidPartOrder", "ConditionalRequestConflict"]);

/** Was a call refused because its upload is lost? Then the object has to be uploaded from its beginning. */
export const isUploadLost = (thrown: unknown): boolean =>
  thrown instanceof SpillwayError && thrown.cause instanceof StoreAnswer && UPLOAD_LOST.has(thrown.cause.s3Code);

type RefusalMore = NonNullable<ConstructorParameters<typeof SpillwayError>[2]> & { lacksPermission: boolean };

const REFUSED_OPTIONS = new Set(["InvalidArgument", "InvalidStorageClass", "InvalidEncryptionAlgorithmError"]);
const REDIRECTED =
  "it redirects to another address, which is not followed: correct the endpoint or the region, and ask for a new export.";
const OPTIONS =
  "it refused the encryption or the storage class: correct them in the destination, and ask for a new export.";
const OWN_KEY =
  "the bucket encrypts with a KMS key by default: use a destination with the encryption aws:kms and that key, and ask for a new export.";

/** The only names of regions, and the only codes, that are repeated to a customer or in a log. */
const REGION = /^[a-z0-9-]{2,40}$/;
const CODE = /^[A-Za-z][A-Za-z0-9._:-]{0,63}$/;

/** A store's code as texts may have it: empty for what cannot be one. */
export const shownCode = (code: string): string => (CODE.test(code) ? code : "");

interface Refusal {
  code: ErrorCode;
  /** A whole sentence that names the status, and the store's code. */
  detail: string;
  /** Replaces the table's. */
  retryable: boolean | undefined;
  lacksPermission: boolean;
  /** The store's own code; empty when the answer has none. */
  s3Code: string;
}

/** @param asked whether the request's headers had encryption by KMS, and any encryption or storage class (options). */
export function classifyRefusal(response: Response, text: string, asked: { kms: boolean; options: boolean }): Refusal {
  const { code: sentCode, message, region } = refusalIn(text);
  const s3Code = shownCode(sentCode);
  const { status, headers } = response;
  const known = storeCode(s3Code) ?? storeStatus(status);
  const refuse = (code: ErrorCode, advice: string, retryable?: boolean, lacksPermission = false): Refusal => {
    const detail = `The store answered ${status}${s3Code === "" ? "" : ` ${s3Code}`}: ${advice}`;
    return { code, detail, retryable, lacksPermission, s3Code };
  };
  const right = headers.get("x-amz-bucket-region") ?? region;
  const redirected = status >= 300 && status < 400;
  if (known.code === "wrong_region" || (right !== "" && (redirected || s3Code === "AuthorizationHeaderMalformed"))) {
    if (!REGION.test(right)) return refuse("wrong_region", "correct the region, and ask for a new export.");
    return refuse("wrong_region", `the bucket is in ${right}: correct the region, and ask for a new export.`);
  }
  if (redirected) return refuse("destination_unavailable", REDIRECTED, false);
  // AWS's message names the denied action; other stores name the missing key, some under an unrelated code.
  if (known.code !== "kms_denied") {
    if (asked.kms && /\bkms\b/i.test(message)) return refuse("kms_denied", KEY_ADVICE);
    if (/\bkms:/.test(message)) return refuse("kms_denied", OWN_KEY);
  }
  if (asked.options && status === 400 && REFUSED_OPTIONS.has(s3Code)) return refuse("bucket_denied", OPTIONS, false);
  return refuse(known.code, known.advice, known.retryable, known.permission);
}

const KEY_ADVICE = storeCode("KMS.")?.advice ?? "";
