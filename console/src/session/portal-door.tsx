/** The portal: opens the link of the address, or goes on with the session of the cookie, and says plainly why it cannot. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { texts } from "../texts.ts";
import { Loading } from "../ui/states.tsx";
import { sentenceOf } from "./open-session.ts";
import { openPortal } from "./open-portal.ts";
import { type Session, SessionContext } from "./session.ts";

type State = { session: Session } | { refused: string } | null;

export function PortalDoor({ children }: { children: ComponentChildren }) {
  const [state, setState] = useState<State>(null);
  useEffect(() => {
    openPortal(() => setState({ refused: texts.portal.signedOut })).then(
      (session) => setState({ session }),
      (thrown: unknown) => setState({ refused: sentenceOf(thrown) }),
    );
  }, []);
  if (state === null) return <Loading />;
  if ("session" in state) return <SessionContext.Provider value={state.session}>{children}</SessionContext.Provider>;
  return (
    <main class="sign-in">
      <h1>{texts.portal.closed}</h1>
      <p role="alert">{state.refused}</p>
    </main>
  );
}
