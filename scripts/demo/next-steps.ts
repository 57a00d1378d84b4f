/** Where to go after the demo. */

import { styleText } from "node:util";
import { WEEK } from "../flights.ts";

const DEV_ORIGIN = "http://127.0.0.1:8787";
const heading = (text: string) => `\n${styleText("bold", text)}\n`;

/** Where a browser opens the service's pages: it accepts the portal's cookie without https by this name alone. */
export const pagesOf = (origin: string): string => origin.replace("127.0.0.1", "localhost");

/** For a demo whose service has ended. */
export function tryItYourself(): string {
  return `${heading("Where to go next")}
  npm run demo -- --keep     the same, and the service keeps running, with these flights and a key
  npm run dev                the service at ${DEV_ORIGIN}, its console at ${pagesOf(DEV_ORIGIN)}/console, its reference at
                             ${DEV_ORIGIN}/docs

  And beside it, with a file of your own:

    npx spillway spaces create mine --save       a tenant for your data; its key is saved for the next commands
    npx spillway events import orders.csv        shows the columns of the file, and what to do with them
    npx spillway exports create activity_events --last all --format parquet --out ./events --verify

  docs/command-line.md       every command
  docs/quickstart.md         import and export your own events, and deploy the service
`;
}

/** What a demo whose service still runs (`--keep`) has to show. */
export interface Kept {
  origin: string;
  key: string;
  exportId: string;
  /** The address of a portal: it opens once. */
  portalUrl: string;
}

export function tryItHere({ origin, key, exportId, portalUrl }: Kept): string {
  const request = JSON.stringify({
    dataset: "activity_events",
    start: WEEK.start,
    end: "2001-01-02T00:00:00.000Z",
    layout: "files",
    file_rows: 5000,
  });
  return `${heading("The service keeps running: open it in a browser")}
  ${pagesOf(origin)}/console/exports/${exportId}
      the console: the export of the demo; it asks for an API key:
      ${key}
  ${portalUrl}
      the portal, as a customer's own people see it; this link opens once, within a day
${heading("Or try it in a shell")}
  export SPILLWAY=${origin}
  export KEY=${key}

  ${styleText("dim", "# the export of the demo, and its rows")}
  curl -s $SPILLWAY/v1/exports/${exportId} -H "Authorization: Bearer $KEY"; echo
  curl -s $SPILLWAY/v1/exports/${exportId}/content -H "Authorization: Bearer $KEY" | head -3

  ${styleText("dim", "# a new export: 1 January, in files of 5,000 rows; then poll the URL in Location")}
  curl -si $SPILLWAY/v1/exports -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
    -d '${request}'

  Reference: ${origin}/docs. More: docs/quickstart.md. Ctrl-C ends the service and deletes its data.
`;
}
