/** The page: its door, chosen by the address, and behind it the frame with the pages. */

import { focusManager } from "@tanstack/preact-query";
import { Router } from "wouter-preact";
import { Frame } from "./frame/frame.tsx";
import { Routes } from "./frame/routes.tsx";
import { ConsoleDoor } from "./session/console-door.tsx";
import { PortalDoor } from "./session/portal-door.tsx";

// A hidden tab asks for nothing.
focusManager.setEventListener((changed) => {
  const listener = () => changed();
  document.addEventListener("visibilitychange", listener);
  return () => document.removeEventListener("visibilitychange", listener);
});

/** `/console`, or `/portal/<space id>`. */
const base = /^\/portal(\/[^/]+)?/.exec(location.pathname)?.[0] ?? "/console";
const Door = base.startsWith("/portal") ? PortalDoor : ConsoleDoor;

export const App = () => (
  <Door>
    <Router base={base}>
      <Frame>
        <Routes />
      </Frame>
    </Router>
  </Door>
);
