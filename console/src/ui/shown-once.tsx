/** A secret that the service shows once: to copy, with a warning, until the person says that it is kept. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { texts } from "../texts.ts";
import { Code } from "./copy.tsx";

interface Props {
  title: string;
  /** What it is for, until when. */
  children?: ComponentChildren;
  secrets: readonly { label: string; text: string }[];
  onKept: () => void;
}

export function ShownOnce({ title, children, secrets, onKept }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();
  useEffect(() => heading.current?.focus(), [secrets]);
  return (
    <section class="card shown-once" aria-labelledby={id}>
      <h2 id={id} ref={heading} tabIndex={-1}>
        {title}
      </h2>
      <p class="warn">{texts.shownOnce.warning}</p>
      {children}
      {secrets.map(({ label, text }) => (
        <div key={label}>
          <h3>{label}</h3>
          <Code label={label} text={text} />
        </div>
      ))}
      <button type="button" class="primary" onClick={onKept}>
        {texts.shownOnce.kept}
      </button>
    </section>
  );
}
