/** A page: its title, which is the document's too, what can be done there, and its content. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useSession } from "../session/session.ts";
import { useTitle } from "./title.ts";

/** Moves the focus to the page's heading, once a dialog that keeps it is gone: for what takes away its own control. */
export function focusHeading(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>("main h1")?.focus());
}

interface Props {
  title: string;
  /** Buttons and links beside the title. */
  actions?: ComponentChildren;
  children: ComponentChildren;
}

export function Page({ title, actions, children }: Props) {
  const { space } = useSession();
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(title, space.branding.name ?? undefined);
  // A new page begins at its heading, for keyboards and screen readers too.
  useEffect(() => heading.current?.focus(), []);
  return (
    <>
      <header class="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {actions !== undefined && <div class="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}
