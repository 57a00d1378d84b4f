/** How Batch's API authenticates and shows errors. */

import * as z from "zod";
import { type ErrorCode, ERRORS, SpillwayError } from "../../../errors.ts";
import { type Conventions, inOneText, keyBehind } from "../../conventions.ts";
import { SPACE_ID } from "../../example-values.ts";
import { projectKeyOf } from "./ids.ts";

/** `error_code` of each status. */
const CODES: ReadonlyMap<number, string> = new Map([
  [400, "MALFORMED_PARAMETER"],
  [401, "AUTHENTICATION_INVALID"],
  [404, "NOT_FOUND"],
  [405, "METHOD_NOT_ALLOWED"],
  [409, "CONFLICT"],
  [429, "TOO_MANY_REQUESTS"],
  [500, "SERVER_ERROR"],
  [503, "MAINTENANCE"],
]);

/** Statuses for which the API has another one. A key without the scope of a call is one that is not valid for it. */
const OTHER: ReadonlyMap<number, number> = new Map([
  [403, 401],
  [410, 404],
  [413, 400],
  [415, 400],
  [422, 400],
]);

function statusOf(code: ErrorCode): number {
  const { status } = ERRORS[code];
  return OTHER.get(status) ?? status;
}

const codeOf = (code: ErrorCode) => CODES.get(statusOf(code)) ?? "SERVER_ERROR";

const PROJECT_HEADER = "X-Batch-Project";

/** The headers of every call; only the document reads them. */
export const ProjectHeader = z.object({
  [PROJECT_HEADER]: z.string().meta({
    description: "The project key of the space: `project_key` of `GET /v1/space`.",
    example: projectKeyOf(SPACE_ID),
  }),
});

export const conventions: Conventions = {
  credentials: {
    ...keyBehind("Bearer", "bearer", { type: "http", scheme: "bearer", description: "An API key of the space." }),
    admit({ request }, space) {
      const sent = request.headers.get(PROJECT_HEADER);
      if (sent === projectKeyOf(space.id)) return;
      const what = sent === null ? `The header ${PROJECT_HEADER} is missing` : "The API key is not one of this project";
      throw new SpillwayError(
        "unauthenticated",
        `${what}: send the project key of the key's space in the header ${PROJECT_HEADER}.`,
      );
    },
  },
  errors: {
    contentType: "application/json",
    schema: z.object({ error_code: z.string(), error_message: z.string() }).meta({ id: "Error" }),
    statusOf,
    meaningOf: (code) => `\`${codeOf(code)}\`: ${ERRORS[code].title}`,
    bodyOf: (error) => ({
      error_code: codeOf(error.code),
      // The text of a refusal by a limit names calls that the client does not know.
      error_message: error.code === "rate_limited" ? ERRORS[error.code].title : inOneText(error),
    }),
    exampleFault: { pointer: "/attributes", detail: "attributes must have at least 1 item." },
  },
};
