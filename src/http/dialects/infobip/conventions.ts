/** How Infobip's API authenticates and shows errors. */

import * as z from "zod";
import { type ErrorCode, ERRORS, type Fault } from "../../../errors.ts";
import { type Conventions, keyBehind } from "../../conventions.ts";

/** `text` and `messageId` of each status that the API documents. */
const MESSAGES: ReadonlyMap<number, readonly [messageId: string, text: string]> = new Map([
  [400, ["BAD_REQUEST", "Bad request"]],
  [401, ["UNAUTHORIZED", "Unauthorized"]],
  [403, ["FORBIDDEN", "Forbidden"]],
  [404, ["NOT_FOUND", "Not found"]],
  [405, ["METHOD_NOT_ALLOWED", "Method not allowed"]],
  [409, ["CONFLICT", "Conflict"]],
  [429, ["TOO_MANY_REQUESTS", "Too many requests"]],
]);
const GENERAL = ["GENERAL_ERROR", "Something went wrong. Please contact support."] as const;

/** What the client sent is wrong: the API has one status for it. */
const BAD_REQUESTS: ReadonlySet<number> = new Set([400, 413, 415, 422]);

function statusOf(code: ErrorCode): number {
  const { status } = ERRORS[code];
  if (BAD_REQUESTS.has(status)) return 400;
  return MESSAGES.has(status) ? status : 500;
}

const messageOf = (code: ErrorCode) => MESSAGES.get(statusOf(code)) ?? GENERAL;

const InfobipError = z
  .object({
    requestError: z.object({
      serviceException: z.object({
        messageId: z.string(),
        text: z.string(),
        validationErrors: z
          .record(z.string(), z.array(z.string()))
          .optional()
          .meta({ description: "What is wrong with each field." }),
      }),
    }),
  })
  .meta({ id: "ApiException" });

export const conventions: Conventions = {
  credentials: keyBehind("App", "APIKeyHeader", {
    type: "apiKey",
    in: "header",
    name: "Authorization",
    description: "`App`, a space, and an API key of the space.",
  }),
  errors: {
    contentType: "application/json",
    schema: InfobipError,
    statusOf,
    meaningOf: (code) => `${messageOf(code)[1].replace(/\.$/, "")}.`,
    bodyOf({ code, message, faults }) {
      const [messageId, text] = messageOf(code);
      // A body that cannot be read has no fields: the fault is the body's.
      const told = faults.length === 0 && statusOf(code) === 400 ? [{ pointer: "", detail: message }] : faults;
      const validationErrors = told.length === 0 ? {} : { validationErrors: byField(told) };
      return { requestError: { serviceException: { messageId, text, ...validationErrors } } };
    },
    exampleFault: { pointer: "/endTime", detail: "endTime must be later than startTime." },
  },
};

const BODY = "body";

/** @returns the texts of each field's faults. A fault in a list is its field's; one of no field is of `body`. */
function byField(faults: readonly Fault[]): Record<string, string[]> {
  const groups = Map.groupBy(faults, ({ pointer }) => pointer.replace(/^(#\w+)?\//, "").split("/")[0] || BODY);
  return Object.fromEntries([...groups].map(([field, group]) => [field, group.map(({ detail }) => detail)]));
}
