/** How APSIS One's API authenticates and shows errors. */

import * as z from "zod";
import { type ErrorCode, ERRORS } from "../../../errors.ts";
import { authorizationOf, type Conventions } from "../../conventions.ts";
import { Finding } from "../../schemas.ts";
import { readToken } from "./token.ts";

/** What the API's gateway answers to a token that is not valid. */
const DENIED = "User is not authorized to access this resource with an explicit deny";

/** Statuses for which the API has another one. */
const OTHER: ReadonlyMap<number, number> = new Map([
  [401, 403],
  [415, 400],
  [422, 400],
]);

function statusOf(code: ErrorCode): number {
  const { status } = ERRORS[code];
  return OTHER.get(status) ?? status;
}

const NO_TOKEN = "The request has no valid access token: get one at `POST /oauth/token`.";

const titleOf = (code: ErrorCode) => (code === "unauthenticated" ? NO_TOKEN : ERRORS[code].title);

export const conventions: Conventions = {
  credentials: {
    name: "bearer",
    document: {
      type: "http",
      scheme: "bearer",
      bearerFormat: "JWT",
      description: "An access token of `POST /oauth/token`.",
    },
    challenge: 'Bearer realm="spillway"',
    keyOf: (call) => readToken(call, authorizationOf(call.request, "Bearer", "an access token")),
  },
  errors: {
    contentType: "application/problem+json",
    schema: z
      .object({
        status: z.number().int(),
        title: z.string(),
        detail: z.string(),
        message: z.string().optional().meta({ description: "Of a token that is not valid." }),
        errors: z.array(Finding).optional().meta({ description: "Each fault of a request." }),
      })
      .meta({ id: "Error" }),
    statusOf,
    meaningOf: titleOf,
    bodyOf: ({ code, message, faults }) => ({
      status: statusOf(code),
      title: titleOf(code),
      // The text of a refusal by a limit names calls that the client does not know.
      detail: code === "rate_limited" ? ERRORS[code].title : message,
      ...(code === "unauthenticated" ? { message: DENIED } : {}),
      ...(faults.length === 0 ? {} : { errors: faults }),
    }),
    exampleFault: { pointer: "/end_at", detail: "end_at must be later than start_at." },
  },
};
