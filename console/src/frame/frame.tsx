/** What is around every page: the space's name and colour, the menu, and the way out. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import { useSession } from "../session/session.ts";
import { texts } from "../texts.ts";
import { Messages } from "../ui/live.tsx";
import { Time } from "../ui/time.tsx";
import { PLACES } from "./places.ts";

export function Frame({ children }: { children: ComponentChildren }) {
  const { door, scopes, space, expiresAt, signOut, toSpaces } = useSession();
  const [path] = useLocation();
  const [isOpen, setOpen] = useState(false);
  useEffect(() => setOpen(false), [path]);
  useEffect(() => {
    const { style } = document.documentElement;
    const { accent, accent_text: accentText } = space.branding;
    if (accent === null || accentText === null) return undefined;
    style.setProperty("--accent", accent);
    style.setProperty("--on-accent", accentText);
    // The next session may be of a space without a colour.
    return () => {
      style.removeProperty("--accent");
      style.removeProperty("--on-accent");
    };
  }, [space]);
  const places = PLACES.filter((place) => place.doors.includes(door) && scopes.has(place.scope));
  return (
    <Messages>
      <a class="skip" href="#content">
        {texts.frame.skip}
      </a>
      <header class="top">
        <strong>{space.branding.name ?? space.name}</strong>
        <button type="button" class="menu" aria-expanded={isOpen} aria-controls="menu" onClick={() => setOpen(!isOpen)}>
          {texts.frame.menu}
        </button>
        {toSpaces !== null && (
          <button type="button" onClick={toSpaces}>
            {texts.frame.toSpaces}
          </button>
        )}
        <button type="button" onClick={signOut}>
          {texts.frame.signOut}
        </button>
      </header>
      <nav id="menu" class={isOpen ? "open" : ""} aria-label={texts.frame.menu}>
        <ul>
          {places.map((place) => (
            <li key={place.path}>
              <Link href={place.path} aria-current={isAt(path, place.path) ? "page" : undefined}>
                {place.name}
              </Link>
            </li>
          ))}
        </ul>
        {expiresAt !== null && (
          <p class="small">
            {texts.frame.expires} <Time at={expiresAt} />
          </p>
        )}
      </nav>
      <main id="content">{children}</main>
    </Messages>
  );
}

const isAt = (path: string, place: string) => path === place || (place !== "/" && path.startsWith(`${place}/`));
