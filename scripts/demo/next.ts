/** Where to go after the demo. */

import { styleText } from "node:util";
import { LOCAL_ADMIN_TOKEN } from "../stack.ts";
import { WEEK } from "../flights.ts";

const DEV_ORIGIN = "http://127.0.0.1:8787";
const heading = (text: string) => `\n${styleText("bold", text)}\n`;

/** The service is gone by now. */
export function tryItYourself(): string {
  return `${heading("Where to go next")}
  npm run demo -- --keep     the same, and the service stays, with these flights and a key to try
  npm run dev                the service at ${DEV_ORIGIN}, every call at ${DEV_ORIGIN}/docs; then a space of your own:

    curl -s ${DEV_ORIGIN}/v1/spaces -H 'Authorization: Bearer ${LOCAL_ADMIN_TOKEN}' \\
      -H 'Content-Type: application/json' -d '{"name":"Mine","timezone":"Europe/London"}'

  README.md                  your own events in and out with curl, and how to deploy it
`;
}

/** The service runs on. */
export function tryItHere(origin: string, key: string, exportId: string): string {
  const request = JSON.stringify({
    dataset: "activity_events",
    start: WEEK.start,
    end: "2001-01-02T00:00:00.000Z",
    layout: "files",
    file_rows: 5000,
  });
  return `${heading("It goes on running: try it")}
  export SPILLWAY=${origin}
  export KEY=${key}

  ${styleText("dim", "# the export that was just made, and its rows")}
  curl -s $SPILLWAY/v1/exports/${exportId} -H "Authorization: Bearer $KEY"; echo
  curl -s $SPILLWAY/v1/exports/${exportId}/content -H "Authorization: Bearer $KEY" | head -3

  ${styleText("dim", "# one of your own: 1 January, in files of 5,000 rows; then poll the address in Location")}
  curl -si $SPILLWAY/v1/exports -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
    -d '${request}'

  Every call: ${origin}/docs. More: README.md. Ctrl-C ends it and removes what it stored.
`;
}
