/** One export: what state it is in and what to do, its progress, files, verification, statements, timeline, request. */

import { useQuery } from "@tanstack/preact-query";
import { Link } from "wouter-preact";
import { exportKey } from "../../exports/keys.ts";
import { mayChange } from "../../exports/state.ts";
import { useFollow } from "../../exports/use-follow.ts";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { words } from "../../ui/format.ts";
import { Page } from "../../ui/page.tsx";
import { Failure, Loading } from "../../ui/states.tsx";
import { ExportActions } from "./actions.tsx";
import { Facts } from "./facts.tsx";
import { Files } from "./files.tsx";
import { LoadStatements } from "./load-statements.tsx";
import { PollFailure } from "./poll-failure.tsx";
import { RequestOfExport } from "./request.tsx";
import { StateNotice } from "./state-notice.tsx";
import { ExportProgress } from "./export-progress.tsx";
import { Timeline } from "./timeline.tsx";
import { VerificationOfFiles } from "./verification.tsx";
import { Warnings } from "./warnings.tsx";

/** An address with another id is another page: nothing of the one before is kept. */
export const ExportPage = ({ id }: { id: string }) => <ExportWithId key={id} id={id} />;

function ExportWithId({ id }: { id: string }) {
  const { spillway } = useSession();
  const {
    data: shown,
    error,
    refetch,
  } = useQuery({
    queryKey: exportKey(id),
    queryFn: ({ signal }) => spillway.exports.get(id, { signal }),
  });
  const pollError = useFollow(shown !== undefined && mayChange(shown) ? [id] : []);
  if (shown === undefined)
    return (
      <Page title={texts.exports.one}>
        {error === null ? <Loading /> : <Failure error={error} retry={refetch} />}
        <p>
          <Link href="/exports">{texts.exports.toAll}</Link>
        </p>
      </Page>
    );
  return (
    <Page title={words(shown.dataset)} actions={<ExportActions shown={shown} />}>
      {error !== null && <Failure error={error} retry={refetch} />}
      {pollError !== null && <PollFailure error={pollError} />}
      <StateNotice shown={shown} />
      <Warnings warnings={shown.warnings} />
      <ExportProgress shown={shown} />
      <Facts shown={shown} />
      {shown.status === "completed" && (
        <>
          <Files shown={shown} />
          <VerificationOfFiles shown={shown} />
          <LoadStatements shown={shown} />
        </>
      )}
      <Timeline shown={shown} />
      <RequestOfExport shown={shown} />
      <p>
        <Link href="/exports">{texts.exports.toAll}</Link>
      </p>
    </Page>
  );
}
