/** What a page shows instead of its content: that it loads, that there is nothing yet, or what went wrong. */

import type { ComponentChildren } from "preact";
import { SpillwayError } from "spillway-client";
import { sentenceOf } from "../session/open-session.ts";
import { texts } from "../texts.ts";

export const Loading = () => (
  <p class="loading" role="status">
    {texts.loading}
  </p>
);

interface EmptyProps {
  title: string;
  /** What to do now. */
  children?: ComponentChildren;
}

export const Empty = ({ title, children }: EmptyProps) => (
  <div class="empty">
    <p>
      <strong>{title}</strong>
    </p>
    {children}
  </div>
);

interface FailureProps {
  error: unknown;
  /** Tries again. */
  retry?: () => unknown;
}

/** An error: the service's sentence, its code, the request's id for a report, and a button to try again. */
export function Failure({ error, retry }: FailureProps) {
  const facts = error instanceof SpillwayError ? error : null;
  return (
    <div class="failure" role="alert">
      <p>{sentenceOf(error)}</p>
      {facts !== null && (
        <p class="small">
          {facts.code}
          {facts.requestId !== null && ` · ${texts.requestId} ${facts.requestId}`}
        </p>
      )}
      {retry !== undefined && (
        <button type="button" onClick={() => void retry()}>
          {texts.tryAgain}
        </button>
      )}
    </div>
  );
}
