/** What a browser says of itself in the header User-Agent. */

import { parse } from "bowser";

/** Text that a header leaves out is left out here. */
export interface Browser {
  browserName?: string;
  browserVersion?: string;
  browserOS?: string;
  /** As page views have it. */
  deviceType: "unknown" | "mobile" | "tablet" | "desktop" | "spider" | "TV" | "console";
}

/** Longer headers are no browser's. */
const MAX_CHARACTERS = 1_000;

/** Devices that the library takes for others. */
const CONSOLE = /PlayStation|Xbox|Nintendo/;
const TELEVISION = /\bTV\b|SmartTV|AppleTV|GoogleTV|BRAVIA|\bAFT[A-Z]/;

const DEVICES: ReadonlyMap<string, Browser["deviceType"]> = new Map([
  ["mobile", "mobile"],
  ["tablet", "tablet"],
  ["desktop", "desktop"],
  ["bot", "spider"],
  ["tv", "TV"],
]);

/** @param userAgent null: the request has no such header. */
export function readUserAgent(userAgent: string | null): Browser {
  const text = (userAgent ?? "").slice(0, MAX_CHARACTERS).trim();
  if (text === "") return { deviceType: "unknown" };
  const { browser, os, platform } = parse(text);
  const device = DEVICES.get(platform.type ?? "") ?? "unknown";
  return {
    ...filled({ browserName: browser.name, browserVersion: browser.version, browserOS: os.name }),
    deviceType: device === "spider" ? device : CONSOLE.test(text) ? "console" : TELEVISION.test(text) ? "TV" : device,
  };
}

function filled(found: Record<"browserName" | "browserVersion" | "browserOS", string | undefined>) {
  return Object.fromEntries(Object.entries(found).filter(([, text]) => (text ?? "") !== "")) as Omit<
    Browser,
    "deviceType"
  >;
}
