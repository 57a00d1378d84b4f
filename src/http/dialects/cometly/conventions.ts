/** How Cometly's API authenticates and shows errors. */

import * as z from "zod";
import { type ErrorCode, ERRORS } from "../../../errors.ts";
import { type Conventions, inOneText, keyBehind } from "../../conventions.ts";

/** What the client sent is wrong: the API has one status for it. */
const INVALID: ReadonlySet<number> = new Set([400, 413, 415, 422]);

/** A file that has expired is an unknown one. */
function statusOf(code: ErrorCode): number {
  const { status } = ERRORS[code];
  if (INVALID.has(status)) return 422;
  return status === 410 ? 404 : status;
}

export const conventions: Conventions = {
  credentials: keyBehind("Bearer", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "An API key of the space.",
  }),
  errors: {
    contentType: "application/json",
    schema: z.object({ message: z.string() }).meta({ id: "Error" }),
    statusOf,
    meaningOf: (code) => ERRORS[code].title,
    bodyOf: (error) => ({
      // The text of a refusal by a limit names calls that the client does not know.
      message: error.code === "rate_limited" ? ERRORS[error.code].title : inOneText(error),
    }),
    exampleFault: { pointer: "/date", detail: "date must be a calendar day, such as 2026-01-31." },
  },
};
