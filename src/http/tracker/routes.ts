/** GET /tracker.js: the script that web pages load. `npm run tracker` builds script.ts from its source in tracker/. */

import { etagOf, hasVersion } from "../etag.ts";
import { resource } from "../resource.ts";
import { route } from "../route.ts";
import { SCRIPT } from "./script.ts";

/** Browsers ask for a newer version after an hour. */
const MAX_AGE_SECONDS = 3_600;

/** Of the script, once it was asked for. */
let version: Promise<string> | undefined;

export const trackerResource = resource("/tracker.js", "Events", [
  route({
    method: "GET",
    operationId: "trackerScript",
    summary: "Get the script for web pages",
    description:
      "A page loads the script with the attributes `defer` and `data-key`: a key that has `origins`. It sends page views, sessions and the page's own events through `POST /v1/events`.",
    auth: "none",
    responses: {
      200: {
        description: "The script.",
        contentTypes: ["text/javascript"],
        headers: { ETag: "The version of the script.", "Cache-Control": "For how long it may be kept." },
      },
      304: { description: "The script is the version that `If-None-Match` names." },
    },
    async handle({ request }) {
      version ??= etagOf(SCRIPT);
      const headers = {
        etag: await version,
        "cache-control": `public, max-age=${MAX_AGE_SECONDS}`,
        // Pages that load only what agrees to it (Cross-Origin-Embedder-Policy) may load the script too.
        "cross-origin-resource-policy": "cross-origin",
      };
      if (hasVersion(request, headers.etag)) return new Response(null, { status: 304, headers });
      return new Response(SCRIPT, { headers: { ...headers, "content-type": "text/javascript; charset=utf-8" } });
    },
  }),
]);
