/** The header User-Agent, as browsers, devices and programs of all kinds send it. */

import { expect, it } from "vitest";
import { readUserAgent } from "../../src/ingest/user-agent.ts";

const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";
const WINDOWS = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/143.0.0.0 Safari/537.36`;

it.each<[string, ReturnType<typeof readUserAgent>]>([
  [WINDOWS, { browserName: "Chrome", browserVersion: "143.0.0.0", browserOS: "Windows", deviceType: "desktop" }],
  [
    `${WINDOWS} Edg/143.0.0.0`,
    { browserName: "Microsoft Edge", browserVersion: "143.0.0.0", browserOS: "Windows", deviceType: "desktop" },
  ],
  [
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    { browserName: "Firefox", browserVersion: "145.0", browserOS: "Linux", deviceType: "desktop" },
  ],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
    { browserName: "Safari", browserVersion: "18.1", browserOS: "macOS", deviceType: "desktop" },
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    { browserName: "Safari", browserVersion: "18.1", browserOS: "iOS", deviceType: "mobile" },
  ],
  [
    "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
    { browserName: "Safari", browserVersion: "16.6", browserOS: "iOS", deviceType: "tablet" },
  ],
  [
    `Mozilla/5.0 (Linux; Android 15; Pixel 9) ${WEBKIT} Chrome/143.0.0.0 Mobile Safari/537.36`,
    { browserName: "Chrome", browserVersion: "143.0.0.0", browserOS: "Android", deviceType: "mobile" },
  ],
])("%s", (userAgent, browser) => {
  expect(readUserAgent(userAgent)).toEqual(browser);
});

it.each([
  [`Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) ${WEBKIT} 76.0.3809.146/6.0 TV Safari/537.36`, "TV"],
  [`Mozilla/5.0 (Web0S; Linux/SmartTV) ${WEBKIT} Chrome/87.0.4280.88 Safari/537.36 WebAppManager`, "TV"],
  [`Mozilla/5.0 (Linux; Android 11; BRAVIA 4K GB ATV3) ${WEBKIT} Chrome/110.0.0.0 Safari/537.36`, "TV"],
  [`Mozilla/5.0 (Linux; Android 9; AFTMM) ${WEBKIT} Chrome/110 Mobile Safari/537.36`, "TV"],
  ["AppleTV11,1/11.1", "TV"],
  ["Mozilla/5.0 (PlayStation; PlayStation 5/6.00) AppleWebKit/605.1.15 Version/13.0 Safari/605.1.15", "console"],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) ${WEBKIT} Chrome/48 Safari/537.36 Edge/20.02`, "console"],
  ["Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) AppleWebKit/609.4 NintendoBrowser/5.1.0.22474", "console"],
  ["Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "spider"],
  [
    `Mozilla/5.0 ${WEBKIT}; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116 Safari/537.36`,
    "spider",
  ],
  ["curl/8.5.0", "unknown"],
  ["a browser 🙂", "unknown"],
  ["(".repeat(100_000), "unknown"],
  ["   ", "unknown"],
  [null, "unknown"],
])("%s is of the type %s", (userAgent, device) => {
  expect(readUserAgent(userAgent).deviceType).toBe(device);
});
