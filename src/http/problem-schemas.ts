/** Errors as RFC 9457 problem documents: a schema for each code, so that a code tells status, retry and faults. */

import * as z from "zod";
import { type ErrorCode, ERRORS } from "../errors.ts";
import { inPascalCase } from "../names.ts";
import { taggedUnion } from "./composed-schemas.ts";
import { Finding } from "./schemas.ts";

const Faults = z.array(Finding).min(1).meta({ description: "Where the request is wrong: at most 100 places." });

/** Codes whose problems list faults: always, or where they are known. */
const FAULTS: Partial<Record<ErrorCode, z.ZodType>> = {
  invalid_request: Faults,
  malformed_request: Faults.optional(),
  forbidden: Faults.optional(),
  conflict: Faults.optional(),
  segment_too_complex: Faults,
};

function problemOf(code: ErrorCode) {
  const { status, title, retryable } = ERRORS[code];
  const errors = FAULTS[code];
  return z
    .object({
      type: z.literal(`/problems/${code}`),
      title: z.string(),
      status: z.literal(status),
      detail: z.string(),
      code: z.literal(code),
      retryable: z.literal(retryable).meta({ description: "Whether the same request may succeed later." }),
      ...(errors === undefined ? {} : { errors }),
      request_id: z.string(),
    })
    .meta({ id: `${inPascalCase(code)}Problem`, description: title });
}

const CODES = Object.keys(ERRORS) as ErrorCode[];
const PROBLEMS = new Map(CODES.map((code) => [code, problemOf(code)]));

/** Any problem. */
export const Problem = taggedUnion("Problem", "code", Object.fromEntries(PROBLEMS));

/** @param codes at least one. @returns the schema of a problem with one of the codes. */
export function problemWith(codes: readonly ErrorCode[]): z.ZodType {
  const [first = z.never(), ...others] = codes.map((code) => PROBLEMS.get(code) ?? z.never());
  return others.length === 0 ? first : z.union([first, ...others]);
}
