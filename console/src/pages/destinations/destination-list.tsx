/** The destinations that the session sees, and the way to make one. */

import { Link } from "wouter-preact";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Listed } from "../../ui/loaded.tsx";
import { useList } from "../../ui/more.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { Table } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { DESTINATIONS } from "./queries.ts";

const t = texts.destinations;

export function DestinationList() {
  const { spillway, destinationIds } = useSession();
  const list = useList([...DESTINATIONS, "list"], (cursor, signal) =>
    spillway.destinations.list(cursor === undefined ? {} : { cursor }, { signal }).first(),
  );
  const add =
    destinationIds === null ? (
      <Link class="button primary" href="/destinations/new">
        {t.add}
      </Link>
    ) : undefined;
  return (
    <Page title={texts.frame.nav.destinations} actions={add}>
      <p class="prose">{t.intro}</p>
      <Listed
        list={list}
        empty={
          <Empty title={t.none}>
            <p>{destinationIds === null ? t.noneHelp : t.noneOfLink}</p>
          </Empty>
        }
      >
        {(items) => (
          <Table
            caption={texts.frame.nav.destinations}
            rows={items}
            keyOf={({ id }) => id}
            columns={[
              { heading: t.name, cell: ({ id, name }) => <Link href={`/destinations/${id}`}>{name}</Link> },
              { heading: t.bucket, cell: ({ bucket, directory_path: path }) => `${bucket}/${path}` },
              { heading: t.store, cell: ({ provider, region }) => `${t.providers[provider]}, ${region}` },
              { heading: t.access, cell: ({ auth }) => t.accesses[auth.type] },
              { heading: t.changed, cell: ({ updated_at: at }) => <Time at={at} /> },
            ]}
          />
        )}
      </Listed>
    </Page>
  );
}
