/**
 * The console: asks for a key, then shows the frame with the session of that key. The operator's token leads to the
 * list of spaces, and from there into one of them.
 */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Space, Spillway } from "spillway-client";
import { SpacesPage } from "../pages/spaces/spaces-page.tsx";
import { texts } from "../texts.ts";
import { Loading } from "../ui/states.tsx";
import { keyIdOf } from "./credential.ts";
import { Ended } from "./ended.tsx";
import { forgetKey, keepKey, readKey } from "./key-store.ts";
import { openWithKey, sentenceOf } from "./open-session.ts";
import { openAsOperator, openSpace } from "./operator.ts";
import { Queries } from "./queries.tsx";
import { type Session, SessionContext } from "./session.ts";
import { SignIn, SignInForm } from "./sign-in.tsx";

/** A reason is why the session before ended; null where the person ended it. */
type State =
  | { at: "trying" }
  | { at: "sign-in"; reason: string | null }
  | { at: "spaces"; operator: Spillway; reason: string | null }
  | { at: "space"; session: Session; operator: Spillway | null; reason: string | null };

export function ConsoleDoor({ children }: { children: ComponentChildren }) {
  const [state, setState] = useState<State>({ at: "trying" });
  const toSignIn = (reason: string | null) => {
    forgetKey();
    setState({ at: "sign-in", reason });
  };
  const signOut = () => toSignIn(null);

  const open = async (text: string): Promise<State> => {
    if (keyIdOf(text) === null) return { at: "spaces", operator: await openAsOperator(text), reason: null };
    const session = await openWithKey(text, { signOut, toSpaces: null });
    return { at: "space", session, operator: null, reason: null };
  };
  const onKey = async (text: string, stay: boolean) => {
    const opened = await open(text);
    forgetKey();
    if (stay) keepKey(text);
    setState(opened);
  };
  const onSpace = async (operator: Spillway, space: Space) => {
    const toSpaces = () => {
      atFirstPage();
      setState({ at: "spaces", operator, reason: null });
    };
    const session = await openSpace(operator, space, { signOut, toSpaces });
    atFirstPage();
    setState({ at: "space", session, operator, reason: null });
  };

  useEffect(() => {
    const kept = readKey();
    if (kept === null) signOut();
    else open(kept).then(setState, (thrown: unknown) => toSignIn(sentenceOf(thrown)));
  }, []);

  switch (state.at) {
    case "trying":
      return <Loading />;
    case "sign-in":
      return (
        <Queries>
          <SignIn ended={state.reason} onKey={onKey} />
        </Queries>
      );
    case "spaces":
      return (
        <Queries onEnded={toSignIn}>
          <SpacesPage
            operator={state.operator}
            reason={state.reason}
            onOpen={(space) => onSpace(state.operator, space)}
            onSignOut={signOut}
          />
        </Queries>
      );
    case "space": {
      const { session, operator, reason } = state;
      const onEnded = (ended: string) =>
        operator === null
          ? setState({ ...state, reason: ended })
          : setState({ at: "spaces", operator, reason: `${ended} ${texts.spaces.openAgain}` });
      return (
        <>
          <Queries key={session.space.id} onEnded={onEnded} waits={reason !== null}>
            <SessionContext.Provider value={session}>{children}</SessionContext.Provider>
          </Queries>
          {reason !== null && (
            <Queries>
              <Ended title={texts.signIn.again} reason={`${texts.signIn.ended} ${reason}`} onLeave={signOut}>
                <SignInForm onKey={onKey} />
              </Ended>
            </Queries>
          )}
        </>
      );
    }
  }
}

/** Another space begins at its first page: it has none of the things whose address is shown now. */
const atFirstPage = () => history.replaceState(null, "", "/console");
