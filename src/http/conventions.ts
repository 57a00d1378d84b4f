/**
 * How an API authenticates its callers and shows errors. Middleware, resources and the OpenAPI document all read it: an
 * API beside this one has other conventions, and the same operations' chain.
 */

import type * as z from "zod";
import type { ZodOpenApiSecuritySchemeObject } from "zod-openapi";
import type { SpaceRow } from "../db/tenants/spaces.ts";
import { type ErrorCode, ERRORS, type Fault, SpillwayError } from "../errors.ts";
import type { Call } from "./route.ts";
import { Problem, problemWith } from "./problem-schemas.ts";

export interface Conventions {
  credentials: Credentials;
  errors: ErrorShape;
}

/** How a request carries an API key. */
export interface Credentials {
  /** The scheme's name in the document, and its description there. */
  name: string;
  document: ZodOpenApiSecuritySchemeObject;
  /** `WWW-Authenticate` of a 401. */
  challenge: string;
  /** The API key of a request. @throws unauthenticated saying what is wrong with the request. */
  keyOf: (call: Call) => string | Promise<string>;
  /** A request without a key may have the cookie of a portal session. */
  sessions?: true;
  /** What else the request must say of the key's space. @throws unauthenticated. */
  admit?: (call: Call, space: SpaceRow) => void;
}

/** Errors on the wire. */
export interface ErrorShape {
  contentType: string;
  /** The schema of every error's body. */
  schema: z.ZodType;
  /** The schema of the body of an error with one of these codes. Default: that of every error. */
  schemaOf?: (codes: readonly ErrorCode[]) => z.ZodType;
  statusOf: (code: ErrorCode) => number;
  /** What the document says of the code, in one sentence. */
  meaningOf: (code: ErrorCode) => string;
  bodyOf: (error: SpillwayError, requestId: string) => unknown;
  /** A fault of a request, for the document's example. */
  exampleFault: Fault;
}

/**
 * The credential in the header Authorization.
 * @param scheme the scheme that the API has, as clients write it.
 * @param what the credential, for the error's text: "an API key".
 * @throws unauthenticated saying what is wrong with the header.
 */
export function authorizationOf(request: Request, scheme: string, what: string): string {
  const refuse = (detail: string) => new SpillwayError("unauthenticated", detail);
  const sent = (request.headers.get("authorization") ?? "").trim();
  if (sent === "") throw refuse(`The header Authorization is missing: send \`Authorization: ${scheme}\` with ${what}.`);
  const [first = "", credential, ...more] = sent.split(/\s+/);
  if (first.toLowerCase() !== scheme.toLowerCase())
    throw refuse(
      credential === undefined
        ? `The header Authorization has no scheme: send the word ${scheme}, a space, and ${what}.`
        : `The scheme of the header Authorization must be ${scheme}: send the word ${scheme}, a space, and ${what}.`,
    );
  if (credential === undefined)
    throw refuse(`The header Authorization has the scheme ${scheme}, but nothing after it: add ${what}.`);
  if (more.length > 0)
    throw refuse(`The header Authorization has something after the first token: send ${scheme} and ${what} only.`);
  return credential;
}

/** Credentials that are an API key behind a scheme of the header Authorization. */
export const keyBehind = (scheme: string, name: string, document: ZodOpenApiSecuritySchemeObject): Credentials => ({
  name,
  document,
  challenge: `${scheme} realm="spillway"`,
  keyOf: ({ request }) => authorizationOf(request, scheme, "an API key"),
});

/** Errors as RFC 9457 problem documents. */
const problems: ErrorShape = {
  contentType: "application/problem+json",
  schema: Problem,
  schemaOf: problemWith,
  statusOf: (code) => ERRORS[code].status,
  meaningOf: (code) => `\`${code}\`: ${ERRORS[code].title}`,
  bodyOf: ({ code, message, faults }, requestId) => ({
    type: `/problems/${code}`,
    title: ERRORS[code].title,
    status: ERRORS[code].status,
    detail: message,
    code,
    retryable: ERRORS[code].retryable,
    ...(faults.length === 0 ? {} : { errors: faults }),
    request_id: requestId,
  }),
  exampleFault: { pointer: "/end", detail: "end must be later than start." },
};

/** The conventions of the API below /v1. */
export const OWN: Conventions = {
  credentials: {
    ...keyBehind("Bearer", "bearer", {
      type: "http",
      scheme: "bearer",
      description: "An API key of a space; for the calls of operators, the operator's token.",
    }),
    sessions: true,
  },
  errors: problems,
};

/** Faults that one text tells: more would hardly be read. */
const MAX_TOLD = 10;

/**
 * An error in one text, for an API whose errors have no list of faults.
 * @returns every fault, with its place where the fault's text does not name it; without faults the error's own text.
 */
export function inOneText({ message, faults }: SpillwayError): string {
  if (faults.length === 0) return message;
  const more = faults.length - MAX_TOLD;
  return [...faults.slice(0, MAX_TOLD).map(placed), ...(more > 0 ? [`(${more} more errors)`] : [])].join(" ");
}

/** `/filter/segment` is `filter.segment`, `/attributes/0` is `attributes[0]`. */
function placed({ pointer, detail }: Fault): string {
  const steps = pointer
    .replace(/^(#\w+)?\//, "")
    .split("/")
    .map(nameIn);
  const names = steps.filter((step) => !INDEX.test(step));
  if (names.length === 0 || detail.split(/[^\w$]+/).includes(names.at(-1) ?? "")) return detail;
  const place = steps.map((step, n) => (INDEX.test(step) ? `[${step}]` : n === 0 ? step : `.${step}`)).join("");
  return `${place}: ${detail}`;
}

const INDEX = /^\d*$/;
const nameIn = (token: string) => token.replaceAll("~1", "/").replaceAll("~0", "~");
