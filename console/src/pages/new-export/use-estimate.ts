/**
 * The size that the export would have, asked for while the form is filled in: some time after the last change, once for
 * each request, and only while the page is looked at. A change ends the call before.
 */

import { useQuery } from "@tanstack/preact-query";
import { useEffect, useState } from "preact/hooks";
import type { Estimate, ExportRequest } from "spillway-client";
import { useMay, useSession } from "../../session/session.ts";

/** People type at pauses shorter than this; the service counts seven estimates a minute. */
const QUIET_MS = 1_000;
/** For so long an estimate of the same request is shown again without a call. */
const FRESH_MS = 60_000;

export type EstimateState =
  | { state: "forbidden" | "incomplete" | "settling" | "counting" }
  /** The space's limit is reached: the call waits. */
  | { state: "waiting"; seconds: number }
  | { state: "failed"; error: unknown; retry: () => void }
  | { state: "known"; estimate: Estimate };

/** @param request as text, so that equal requests are one. */
export function useEstimate(request: string, isComplete: boolean): EstimateState {
  const { spillway } = useSession();
  const isAllowed = useMay("exports:read");
  const [settled, setSettled] = useState("");
  const [waitSeconds, setWaitSeconds] = useState<number | null>(null);
  useEffect(() => {
    if (!isComplete) return undefined;
    const timer = setTimeout(() => setSettled(request), QUIET_MS);
    return () => clearTimeout(timer);
  }, [request, isComplete]);
  const isSettled = isComplete && settled === request;
  const query = useQuery({
    queryKey: ["estimate", request],
    enabled: isAllowed && isSettled,
    staleTime: FRESH_MS,
    queryFn: ({ signal }) => {
      setWaitSeconds(null);
      const onRetry = ({ waitMs }: { waitMs: number }) => setWaitSeconds(Math.ceil(waitMs / 1000));
      return spillway.exports.estimate(JSON.parse(request) as ExportRequest, { signal, onRetry });
    },
  });
  if (!isAllowed) return { state: "forbidden" };
  if (!isComplete) return { state: "incomplete" };
  if (query.data !== undefined) return { state: "known", estimate: query.data };
  if (!isSettled) return { state: "settling" };
  if (query.isError) return { state: "failed", error: query.error, retry: () => void query.refetch() };
  return waitSeconds === null ? { state: "counting" } : { state: "waiting", seconds: waitSeconds };
}
