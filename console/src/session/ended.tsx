/**
 * A session that ended while its page is open: the page waits behind this dialog, with all that was typed into it,
 * until there is a session again or the person leaves. It hides what is behind it.
 */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { texts } from "../texts.ts";

interface Props {
  title: string;
  /** Why the session ended. */
  reason: string;
  /** How to go on. */
  children: ComponentChildren;
  /** The person leaves, and loses what was typed. */
  onLeave: () => void;
}

export function Ended({ title, reason, children, onLeave }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => element.current?.showModal(), []);
  return (
    <dialog
      ref={element}
      class="ended"
      aria-labelledby={id}
      onCancel={(event) => event.preventDefault()}
      // Browsers close a dialog on a second Escape, whatever the page says.
      onClose={() => element.current?.showModal()}
    >
      <h2 id={id}>{title}</h2>
      <p class="failure" role="alert">
        {reason}
      </p>
      <p>{texts.ended.drafts}</p>
      {children}
      <footer>
        <button type="button" onClick={onLeave}>
          {texts.ended.leave}
        </button>
      </footer>
    </dialog>
  );
}
