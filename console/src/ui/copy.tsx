/** Code to copy, and the button that copies it. */

import { useEffect, useState } from "preact/hooks";
import { texts } from "../texts.ts";

const SHOWN_MS = 2_000;

export function CopyButton({ text, label = texts.copy }: { text: string; label?: string }) {
  const [state, setState] = useState<"ready" | "copied" | "refused">("ready");
  useEffect(() => {
    if (state === "ready") return undefined;
    const timer = setTimeout(() => setState("ready"), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setState("copied"),
      () => setState("refused"),
    );
  return (
    <button type="button" onClick={() => void copy()}>
      <span aria-live="polite">{{ ready: label, copied: texts.copied, refused: texts.copyRefused }[state]}</span>
    </button>
  );
}

/** A block of code with a button that copies it. @param label names the block for screen readers. */
export const Code = ({ text, label }: { text: string; label: string }) => (
  <figure class="code">
    <pre tabIndex={0} aria-label={label} role="region">
      <code>{text}</code>
    </pre>
    <CopyButton text={text} />
  </figure>
);
