/** One destination: what it is, its connection test, what uses it, and its end. */

import { useState } from "preact/hooks";
import type { Destination } from "spillway-client";
import { Link } from "wouter-preact";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { DeleteNamed } from "../../ui/delete-named.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { ConnectionTest } from "./connection-test.tsx";
import { DESTINATIONS, useDestination } from "./queries.ts";
import { UsedBy } from "./used-by.tsx";

const t = texts.destinations;

export function DestinationDetail({ id }: { id: string }) {
  const query = useDestination(id);
  const [isDeleting, setDeleting] = useState(false);
  const actions = query.data !== undefined && (
    <>
      <Link class="button" href={`/destinations/${id}/change`}>
        {t.change}
      </Link>
      <button type="button" class="danger" onClick={() => setDeleting(true)}>
        {t.delete}
      </button>
    </>
  );
  return (
    <Page title={query.data?.name ?? t.one} actions={actions}>
      <Loaded query={query}>
        {(destination) => (
          <>
            <Facts destination={destination} />
            <h2>{t.test}</h2>
            <ConnectionTest id={id} />
            <h2>{t.usedBy}</h2>
            <UsedBy id={id} none={t.unused} />
            {isDeleting && <DeleteQuestion destination={destination} onClose={() => setDeleting(false)} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

const Facts = ({ destination: it }: { destination: Destination }) => (
  <dl class="facts">
    <dt>{t.store}</dt>
    <dd>{t.providers[it.provider]}</dd>
    {it.endpoint !== null && (
      <>
        <dt>{t.endpoint}</dt>
        <dd>{it.endpoint}</dd>
      </>
    )}
    <dt>{t.bucket}</dt>
    <dd>{it.bucket}</dd>
    <dt>{t.region}</dt>
    <dd>{it.region}</dd>
    <dt>{t.directoryPath}</dt>
    <dd>{it.directory_path === "" ? t.rootOfBucket : it.directory_path}</dd>
    <dt>{t.access}</dt>
    <dd>{it.auth.type === "role" ? it.auth.role_arn : t.keyShown(it.auth.access_key_id)}</dd>
    <dt>{t.keyTemplate}</dt>
    <dd>{it.key_template ?? t.notSet}</dd>
    <dt>{t.encryption}</dt>
    <dd>
      {it.encryption === null ? t.encryptions.none : t.encryptions[it.encryption.sse]} {it.encryption?.kms_key_id}
    </dd>
    <dt>{t.storageClass}</dt>
    <dd>{it.storage_class ?? t.notSet}</dd>
    <dt>{t.pathStyle}</dt>
    <dd>{it.path_style ? t.pathStyles.path : t.pathStyles.host}</dd>
    <dt>{t.created}</dt>
    <dd>
      <Time at={it.created_at} />
    </dd>
    <dt>{t.changed}</dt>
    <dd>
      <Time at={it.updated_at} />
    </dd>
  </dl>
);

function DeleteQuestion({ destination: { id, name }, onClose }: { destination: Destination; onClose: () => void }) {
  const { spillway } = useSession();
  const list = { path: "/destinations", key: [...DESTINATIONS, "list"] };
  return (
    <DeleteNamed name={name} list={list} run={() => spillway.destinations.delete(id)} onClose={onClose}>
      <p>{t.deleteHelp}</p>
      <UsedBy id={id} none={t.unused} some={t.deleteUsed} />
    </DeleteNamed>
  );
}
