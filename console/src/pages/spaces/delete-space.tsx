/** Deleting a space, with everything in it: only after its name was typed. */

import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import type { Space, Spillway } from "spillway-client";
import { texts } from "../../texts.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { useSay } from "../../ui/live.tsx";
import { Failure } from "../../ui/states.tsx";
import { SPACES } from "./space-form.tsx";

interface Props {
  operator: Spillway;
  space: Space;
  onClose: () => void;
}

export function DeleteSpace({ operator, space, onClose }: Props) {
  const queries = useQueryClient();
  const say = useSay();
  const [typed, setTyped] = useState("");
  const words = texts.spaces;
  const work = useMutation({
    mutationFn: () => operator.spaces.delete(space.id),
    onSuccess: () => {
      onClose();
      say(words.deleted(space.name));
      void queries.invalidateQueries({ queryKey: SPACES });
    },
  });
  return (
    <Dialog title={`${words.delete}: ${space.name}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          work.mutate();
        }}
      >
        {work.error !== null && <Failure error={work.error} />}
        <p>{words.deleteHelp}</p>
        <TextField
          label={words.typeName}
          description={space.name}
          value={typed}
          onValue={setTyped}
          required
          input={{ autocomplete: "off", spellcheck: false }}
        />
        <footer>
          <button type="button" onClick={onClose}>
            {texts.keep}
          </button>
          <button class="danger" disabled={work.isPending || typed.trim() !== space.name}>
            {work.isPending ? texts.working : words.delete}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
