/** The question before a named thing is deleted on its own page; afterwards the page of all of them is shown. */

import { type QueryKey, useQueryClient } from "@tanstack/preact-query";
import type { ComponentChildren } from "preact";
import { useLocation } from "wouter-preact";
import { texts } from "../texts.ts";
import { Confirm } from "./confirm.tsx";
import { useSay } from "./live.tsx";

interface Props {
  name: string;
  /** Where all of them are listed: its address, and the list's name in the cache. */
  list: { path: string; key: QueryKey };
  run: () => Promise<unknown>;
  onClose: () => void;
  /** What is lost, and what stays. */
  children: ComponentChildren;
}

export function DeleteNamed({ name, list, run, onClose, children }: Props) {
  const queries = useQueryClient();
  const say = useSay();
  const [, navigate] = useLocation();
  const onDone = () => {
    queries.removeQueries({ queryKey: list.key });
    say(texts.deleteNamed.done(name));
    navigate(list.path);
  };
  return (
    <Confirm
      title={texts.deleteNamed.question(name)}
      action={texts.deleteNamed.action}
      run={run}
      onDone={onDone}
      onClose={onClose}
    >
      {children}
    </Confirm>
  );
}
