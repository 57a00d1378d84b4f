/** The request as it will be sent, for people who want to see it or to make the call elsewhere. */

import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Code } from "../../ui/copy.tsx";
import { curlOf } from "../../ui/curl.ts";
import type { Request } from "./request.ts";

const own = texts.newExport.review;

export function Review({ request }: { request: Request }) {
  const { origin } = useSession().spillway;
  return (
    <>
      <Code label={own.json} text={JSON.stringify(request, null, 2)} />
      <details>
        <summary>{own.curl}</summary>
        <p class="small">{texts.exports.request.keyHelp}</p>
        <Code label={own.curl} text={curlOf({ method: "POST", origin, path: "/v1/exports", body: request })} />
      </details>
    </>
  );
}
