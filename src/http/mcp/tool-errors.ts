/**
 * Errors for an assistant. The error of a call behind a tool is a result of the tool, not of the protocol: the
 * assistant reads the code, the place, the wait and who must act, and can correct its arguments.
 */

import type { CallToolResult } from "@modelcontextprotocol/server";
import { ERRORS, type ErrorCode, type Fault, type SpillwayError } from "../../errors.ts";
import { OWN } from "../conventions.ts";

/** The members of a problem document that a tool's error repeats. */
interface SentProblem {
  code: ErrorCode;
  status: number;
  detail: string;
  errors?: readonly Fault[];
  request_id: string;
}

/** More faults would hardly help an assistant. */
const MAX_FAULTS_SHOWN = 20;

/** The result of a tool whose work threw. */
export const thrownError = (error: SpillwayError, requestId: string): CallToolResult =>
  toolError(OWN.errors.bodyOf(error, requestId) as SentProblem, error.retryAfterSeconds ?? null);

/** The result of a tool whose call was answered with a problem document. @param retryAfterSeconds the header's. */
export function toolError(problem: SentProblem, retryAfterSeconds: number | null): CallToolResult {
  const { code, status, detail, request_id } = problem;
  const { owner, retryable } = ERRORS[code];
  const errors = (problem.errors ?? []).slice(0, MAX_FAULTS_SHOWN).map(inArguments);
  const lines = [
    `${code} (${status}): ${detail}`,
    ...errors.map((fault) => `${fault.pointer}: ${fault.detail}`),
    ...(retryAfterSeconds === null ? [] : [`Wait ${retryAfterSeconds} seconds, then repeat the same call.`]),
    `Who must act: the ${owner}.`,
    `Request id: ${request_id}`,
  ];
  return {
    isError: true,
    content: [{ type: "text", text: lines.join("\n") }],
    structuredContent: {
      code,
      status,
      detail,
      ...(errors.length === 0 ? {} : { errors }),
      must_act: owner,
      retryable,
      retry_after_seconds: retryAfterSeconds,
      request_id,
    },
  };
}

/** A pointer into the call's query, path or headers becomes one into the tool's arguments. */
const inArguments = ({ pointer, detail }: Fault): Fault => ({
  pointer: pointer.replace(/^#(query|path)\//, "/").replace("#header/Idempotency-Key", "/idempotency_key"),
  detail,
});
