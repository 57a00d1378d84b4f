/** Polls an export until it ends, at a pace that the rate limit allows. */

import { failure } from "../errors.ts";
import { getExport } from "../generated/sdk.gen.ts";
import type { Export, Verification } from "../generated/types.gen.ts";
import type { CallOptions, Transport, Wiring } from "../transport.ts";
import type { CompletedExport } from "./request.ts";

export interface WaitOptions extends CallOptions {
  /** Called with the export after each poll. */
  onProgress?: (seen: Export) => void;
  /** After this time the wait ends with `wait_timed_out`. The export goes on. By default there is no end. */
  timeoutMs?: number;
}

const QUICK_POLL_MS = 300;
const DEFAULT_POLL_MS = 2_500;
/** With no more polls left than this, they are spread over the time until the next one is allowed. */
const FEW_POLLS = 15;

/**
 * @returns the completed export, with fresh links.
 * @throws SpillwayError `export_ended` where it failed, was canceled or has expired; `wait_timed_out`.
 */
export async function waitForExport(
  transport: Transport,
  id: string,
  { onProgress, timeoutMs, ...options }: WaitOptions = {},
): Promise<CompletedExport> {
  const end = timeoutMs === undefined ? Number.POSITIVE_INFINITY : transport.now() + timeoutMs;
  for (;;) {
    const poll = await transport.answer((wiring) => getExport({ ...wiring, path: { id } }), {
      ...options,
      repeatable: true,
    });
    const seen = poll.data;
    onProgress?.(seen);
    if (seen.status !== "queued" && seen.status !== "processing") return completedOrThrow(seen);
    const pauseMs = untilNextPoll(poll.response.headers.get("ratelimit"));
    if (transport.now() + pauseMs > end) {
      const detail = `Export ${id} is still ${seen.status} after ${timeoutMs} ms. It goes on: wait for it again.`;
      throw failure({ code: "wait_timed_out", status: 0, detail, export: seen });
    }
    await transport.sleep(pauseMs, options.signal);
  }
}

export interface VerificationWait extends CallOptions {
  /** Called with the verification after each poll. */
  onProgress?: (seen: Verification) => void;
}

/** Polls an export until its verification has ended. @param begun as the call that asked for it answered. */
export async function waitForVerification(
  transport: Transport,
  id: string,
  begun: Verification,
  { onProgress, ...options }: VerificationWait,
): Promise<Verification> {
  let seen = begun;
  onProgress?.(seen);
  let pauseMs = QUICK_POLL_MS;
  while (seen.status === "running") {
    await transport.sleep(pauseMs, options.signal);
    const send = (wiring: Wiring) => getExport({ ...wiring, path: { id } });
    const { data, response } = await transport.answer(send, { ...options, repeatable: true });
    seen = data.verification ?? seen;
    onProgress?.(seen);
    pauseMs = untilNextPoll(response.headers.get("ratelimit"));
  }
  return seen;
}

function completedOrThrow(ended: Export): CompletedExport {
  if (ended.status === "completed") return ended;
  const why = ended.error === null ? "" : `: ${ended.error.message} (${ended.error.code})`;
  const detail = `Export ${ended.id} ended as ${ended.status}${why}`;
  throw failure({ code: "export_ended", status: 200, detail, export: ended });
}

/**
 * Quick while many polls are left, so that short exports are seen early.
 * @param header `RateLimit`: `"poll";r=4;t=37`, the polls left, and seconds until one more is allowed.
 * @returns milliseconds
 */
export function untilNextPoll(header: string | null): number {
  const [, left, seconds] = /r=(\d+);t=(\d+)/.exec(header ?? "") ?? [];
  if (left === undefined || seconds === undefined) return DEFAULT_POLL_MS;
  return Number(left) > FEW_POLLS ? QUICK_POLL_MS : Math.ceil((Number(seconds) * 1000) / (Number(left) + 1));
}
