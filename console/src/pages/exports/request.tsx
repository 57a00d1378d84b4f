/** The request of an export, as JSON and, for people with a key, as a call of curl. */

import type { Export } from "spillway-client";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Code } from "../../ui/copy.tsx";
import { curlOf } from "../../ui/curl.ts";

const words = texts.exports.request;

export function RequestOfExport({ shown: { request } }: { shown: Export }) {
  const { door, spillway } = useSession();
  const call = { method: "POST", origin: spillway.origin, path: "/v1/exports", body: request } as const;
  return (
    <section aria-labelledby="request">
      <h2 id="request">{words.title}</h2>
      {request.callback_url !== undefined && <p class="small">{words.callbackCut}</p>}
      <details>
        <summary>{words.json}</summary>
        <Code text={JSON.stringify(request, null, 2)} label={words.json} />
      </details>
      {door === "console" && (
        <details>
          <summary>{words.curl}</summary>
          <p class="small">{words.keyHelp}</p>
          <Code text={curlOf(call)} label={words.curl} />
        </details>
      )}
    </section>
  );
}
