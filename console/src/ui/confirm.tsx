/** A question before something that cannot be undone, with what happens next: working, done, or refused and why. */

import { useMutation } from "@tanstack/preact-query";
import type { ComponentChildren } from "preact";
import { texts } from "../texts.ts";
import { Dialog } from "./dialog.tsx";
import { Failure } from "./states.tsx";

interface Props {
  title: string;
  /** What will happen. */
  children: ComponentChildren;
  /** The verb on the button. */
  action: string;
  run: () => Promise<unknown>;
  onDone: () => void;
  onClose: () => void;
}

export function Confirm({ title, children, action, run, onDone, onClose }: Props) {
  const work = useMutation({ mutationFn: run, onSuccess: onDone });
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="prose">{children}</div>
      {work.error !== null && <Failure error={work.error} />}
      <footer>
        <button type="button" onClick={onClose}>
          {texts.keep}
        </button>
        <button type="button" class="danger" disabled={work.isPending} onClick={() => work.mutate()}>
          {work.isPending ? texts.working : action}
        </button>
      </footer>
    </Dialog>
  );
}
