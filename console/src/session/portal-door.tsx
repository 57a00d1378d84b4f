/**
 * The portal: opens the link of the address, or goes on with the session of the cookie, and says plainly why it
 * cannot.
 */

import { useQuery } from "@tanstack/preact-query";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { SpillwayError } from "spillway-client";
import { texts } from "../texts.ts";
import { Loading } from "../ui/states.tsx";
import { useTitle } from "../ui/title.ts";
import { Ended } from "./ended.tsx";
import { openPortal, OtherSpace, type PortalAddress, takeAddress } from "./open-portal.ts";
import { sentenceOf } from "./open-session.ts";
import { Queries } from "./queries.tsx";
import { type Session, SessionContext } from "./session.ts";

/** Why there is no session of this space. */
interface Why {
  reason: string;
  /** The space whose session the browser has instead; null: it has none. */
  other: OtherSpace["space"] | null;
}

type State =
  | { at: "opening" }
  /** @param mayGoOn the link was opened before, perhaps in this browser. */
  | { at: "closed"; why: Why; mayGoOn: boolean }
  /** @param why the session has ended, and the page waits; null: it goes on. */
  | { at: "open"; session: Session; why: Why | null };

export function PortalDoor({ children }: { children: ComponentChildren }) {
  const [state, setState] = useState<State>({ at: "opening" });
  const close = (reason: string) => setState({ at: "closed", why: { reason, other: null }, mayGoOn: false });
  const open = async (address: PortalAddress) => {
    const session = await openPortal(address, (failed) =>
      close(failed === null ? texts.portal.signedOut : texts.portal.notSignedOut(failed)),
    );
    setState({ at: "open", session, why: null });
  };
  useEffect(() => {
    const address = takeAddress();
    open(address).catch((thrown: unknown) => {
      const mayGoOn = thrown instanceof SpillwayError && thrown.code === "gone";
      setState({ at: "closed", why: whyOf(thrown), mayGoOn });
    });
  }, []);
  const goOn = () => {
    open({ ...takeAddress(), token: null }).catch((thrown: unknown) =>
      setState((now) =>
        now.at === "open" ? { ...now, why: whyOf(thrown) } : { at: "closed", why: whyOf(thrown), mayGoOn: false },
      ),
    );
  };

  switch (state.at) {
    case "opening":
      return <Loading />;
    case "closed":
      return (
        <Closed why={state.why}>
          <p>{texts.portal.help}</p>
          {state.mayGoOn && (
            <button type="button" onClick={goOn}>
              {texts.portal.goOnWithSession}
            </button>
          )}
        </Closed>
      );
    case "open": {
      const { session, why } = state;
      const onEnded = (reason: string) => setState({ ...state, why: { reason, other: null } });
      return (
        <>
          <Queries key={session.space.id} onEnded={onEnded} waits={why !== null}>
            <Watch session={session} />
            <SessionContext.Provider value={session}>{children}</SessionContext.Provider>
          </Queries>
          {why !== null && (
            <Ended title={texts.portal.closed} reason={why.reason} onLeave={() => close(texts.portal.left)}>
              <p>{texts.portal.helpOpen}</p>
              <OtherPortal space={why.other} />
              <button type="button" class="primary" onClick={goOn}>
                {texts.portal.goOn}
              </button>
            </Ended>
          )}
        </>
      );
    }
  }
}

/** Asks for the session when its tab is shown again: another tab may have ended or replaced it. */
function Watch({ session: { spillway } }: { session: Session }) {
  useQuery({
    queryKey: ["portal-session"],
    queryFn: ({ signal }) => spillway.request("GET", "/v1/portal-session", { signal }),
    initialData: {},
    staleTime: 0,
    refetchOnMount: false,
    refetchOnWindowFocus: "always",
  });
  return null;
}

function Closed({ why, children }: { why: Why; children: ComponentChildren }) {
  useTitle(texts.portal.closed);
  return (
    <main class="sign-in">
      <h1>{texts.portal.closed}</h1>
      <p role="alert">{why.reason}</p>
      {children}
      <OtherPortal space={why.other} />
    </main>
  );
}

const OtherPortal = ({ space }: { space: Why["other"] }) =>
  space === null ? null : (
    <p>
      <a href={`/portal/${space.id}`}>{texts.portal.goToOther(space.branding.name ?? space.name)}</a>
    </p>
  );

const whyOf = (thrown: unknown): Why =>
  thrown instanceof OtherSpace
    ? { reason: texts.portal.otherSpace, other: thrown.space }
    : { reason: sentenceOf(thrown), other: null };
