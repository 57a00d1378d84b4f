/**
 * Tells a success of the service from one of something before it: a proxy's page for signing in, say, comes with 200.
 * The media type tells; the service names it in every answer that has a body.
 */

import { failure, type SpillwayError } from "./errors.ts";

/** What a call promises: an object of JSON, a text, or the rows of an export. */
export type Promised = "json" | "text" | "stream";

const MEDIA_TYPES: Readonly<Record<Exclude<Promised, "json">, readonly string[]>> = {
  text: ["text/plain"],
  stream: ["application/x-ndjson", "text/csv", "application/vnd.apache.parquet", "application/json"],
};

/**
 * @param response a success.
 * @returns the error `unexpected_answer`, without a status that would be tried again; null where the answer is the
 * promised one.
 */
export function unexpectedAnswer(request: Request, response: Response, promised: Promised): SpillwayError | null {
  const mediaType = mediaTypeOf(response);
  // A removal answers nothing.
  if (request.method === "DELETE" && mediaType === "" && isEmpty(response)) return null;
  if (isPromised(mediaType, promised)) return null;
  const { status } = response;
  const call = `${request.method} ${new URL(request.url).pathname}`;
  const sent = mediaType === "" ? "without a media type" : `with ${mediaType}`;
  const detail = `${call} answered ${status} ${sent}, and not as Spillway does: check the origin.`;
  return failure({ code: "unexpected_answer", status, detail, requestId: response.headers.get("x-request-id") });
}

/** The media type of an answer in lower case, without parameters; empty where the answer names none. */
export function mediaTypeOf(response: Response): string {
  const [mediaType = ""] = (response.headers.get("content-type") ?? "").split(";");
  return mediaType.trim().toLowerCase();
}

/** A removal goes on behind its answer, which is empty: compressed, it has a stream of no bytes and no length. */
const ACCEPTED = 202;

const isEmpty = ({ status, body, headers }: Response) =>
  status === 204 || status === ACCEPTED || body === null || headers.get("content-length") === "0";

function isPromised(mediaType: string, promised: Promised): boolean {
  if (promised === "json") return mediaType === "application/json" || mediaType.endsWith("+json");
  return MEDIA_TYPES[promised].includes(mediaType);
}
