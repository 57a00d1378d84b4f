/** The way into the console: a field for an API key or the operator's token. */

import { useMutation } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import { texts } from "../texts.ts";
import { CheckField, TextField } from "../ui/field.tsx";
import { useTitle } from "../ui/title.ts";
import { sentenceOf } from "./open-session.ts";

interface Props {
  /** @throws what the service answers to the key. */
  onKey: (key: string, stay: boolean) => Promise<void>;
}

interface PageProps extends Props {
  /** Why the session before ended; null: there was none, or the person ended it. */
  ended: string | null;
}

export function SignIn({ ended, onKey }: PageProps) {
  useTitle(texts.signIn.title);
  return (
    <main class="sign-in">
      <h1>{texts.signIn.title}</h1>
      <p>{texts.signIn.intro}</p>
      {ended !== null && (
        <p class="failure" role="alert">
          {texts.signIn.ended} {ended}
        </p>
      )}
      <SignInForm onKey={onKey} />
    </main>
  );
}

export function SignInForm({ onKey }: Props) {
  const [key, setKey] = useState("");
  const [stay, setStay] = useState(false);
  // A session that has ended makes other calls wait, and not this one.
  const work = useMutation({ mutationFn: () => onKey(key.trim(), stay), networkMode: "always" });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        work.mutate();
      }}
    >
      <TextField
        label={texts.signIn.key}
        description={texts.signIn.keyHelp}
        type="password"
        value={key}
        onValue={setKey}
        error={work.error === null ? undefined : sentenceOf(work.error)}
        required
        input={{ autocomplete: "off", spellcheck: false, autofocus: true }}
      />
      <CheckField label={texts.signIn.stay} description={texts.signIn.stayHelp} checked={stay} onChecked={setStay} />
      <button class="primary" disabled={work.isPending || key.trim() === ""}>
        {work.isPending ? texts.signIn.working : texts.signIn.button}
      </button>
    </form>
  );
}
