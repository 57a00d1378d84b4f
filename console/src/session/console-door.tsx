/** The console: asks for a key, then shows the frame with the session of that key. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Loading } from "../ui/states.tsx";
import { forgetKey, keepKey, readKey } from "./key-store.ts";
import { openWithKey, sentenceOf } from "./open-session.ts";
import { type Session, SessionContext } from "./session.ts";
import { SignIn } from "./sign-in.tsx";

/** Null: nobody is signed in. Undefined: the key of this tab is being tried. */
type State = Session | null | undefined;

export function ConsoleDoor({ children }: { children: ComponentChildren }) {
  const [session, setSession] = useState<State>(() => (readKey() === null ? null : undefined));
  const [ended, setEnded] = useState<string | null>(null);
  const signOut = () => {
    forgetKey();
    setSession(null);
  };
  useEffect(() => {
    const kept = readKey();
    if (kept === null) return;
    openWithKey(kept, signOut).then(setSession, (thrown: unknown) => {
      signOut();
      setEnded(sentenceOf(thrown));
    });
  }, []);
  if (session === undefined) return <Loading />;
  if (session !== null) return <SessionContext.Provider value={session}>{children}</SessionContext.Provider>;
  const onKey = async (key: string, stay: boolean) => {
    const opened = await openWithKey(key, signOut);
    if (stay) keepKey(key);
    setEnded(null);
    setSession(opened);
  };
  return <SignIn ended={ended} onKey={onKey} />;
}
