/**
 * The calls of one session, and the answers that the page keeps of them: they go with the session, so that no page
 * shows the answers of another. A call that the service refuses because the session has ended is told in one place.
 */

import { MutationCache, onlineManager, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/preact-query";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { SpillwayError } from "spillway-client";
import { sentenceOf } from "./open-session.ts";

interface Props {
  /** Told of each refused call. @param reason a sentence. */
  onEnded?: (reason: string) => void;
  /** The session has ended: its queries and changes wait until there is one again. */
  waits?: boolean;
  children: ComponentChildren;
}

export function Queries({ onEnded, waits = false, children }: Props) {
  const told = useRef(onEnded);
  told.current = onEnded;
  // An answer that comes when its session is gone says nothing about the next one.
  useEffect(
    () => () => {
      told.current = undefined;
    },
    [],
  );
  const [client] = useState(() =>
    clientFor((thrown) => {
      if (thrown instanceof SpillwayError && thrown.code === "unauthenticated") told.current?.(sentenceOf(thrown));
    }),
  );
  // The library has a switch for "no network", and repeats what waited when it is on again.
  useEffect(() => {
    if (!waits) return undefined;
    onlineManager.setOnline(false);
    return () => onlineManager.setOnline(true);
  }, [waits]);
  return <QueryClientProvider client={client}>{children}</QueryClientProvider>;
}

/** The client of the API repeats calls itself, where that is right. */
function clientFor(onError: (thrown: unknown) => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: { retry: false, staleTime: 5_000, refetchOnWindowFocus: false },
      mutations: { retry: false },
    },
  });
}
