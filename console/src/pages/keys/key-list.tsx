/** The space's keys, and revoking them. The key of this session signs its person out with it. */

import { useQueryClient } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import type { ApiKey } from "spillway-client";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { useSay } from "../../ui/live.tsx";
import { More, useList } from "../../ui/more.tsx";
import { Empty, Failure, Loading } from "../../ui/states.tsx";
import { Table } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";

export const KEYS = ["api-keys"] as const;

const PAGE_SIZE = 50;

export function KeyList() {
  const { spillway, keyId } = useSession();
  const [revoked, setRevoked] = useState<ApiKey | null>(null);
  const keys = useList(KEYS, (cursor, signal) =>
    spillway.apiKeys.list({ limit: PAGE_SIZE, ...(cursor !== undefined && { cursor }) }, { signal }).first(),
  );
  if (keys.isPending) return <Loading />;
  if (keys.error !== null && keys.items.length === 0) return <Failure error={keys.error} retry={keys.refetch} />;
  const words = texts.keys;
  const now = Date.now();
  return (
    <>
      {keys.error !== null && <Failure error={keys.error} retry={keys.refetch} />}
      {keys.items.length === 0 && <Empty title={words.none} />}
      {keys.items.length > 0 && (
        <Table
          caption={words.title}
          rows={keys.items}
          keyOf={({ id }) => id}
          columns={[
            { heading: words.name, cell: (key) => <NameOf apiKey={key} isOwn={key.id === keyId} /> },
            {
              heading: words.scopes,
              cell: ({ scopes, origins }) => (
                <>
                  {scopes.join(", ")}
                  {origins !== null && <div class="small">{words.fromPages(origins.join(", "))}</div>}
                </>
              ),
            },
            { heading: words.created, cell: ({ created_at: at }) => <Time at={at} /> },
            { heading: words.expires, cell: ({ expires_at: at }) => <Expiry at={at} now={now} /> },
            {
              heading: words.actions,
              cell: (key) => (
                <button
                  type="button"
                  class="danger"
                  aria-label={words.revokeNamed(key.name)}
                  onClick={() => setRevoked(key)}
                >
                  {words.revoke}
                </button>
              ),
            },
          ]}
        />
      )}
      <More {...keys} />
      {revoked !== null && <Revoke apiKey={revoked} onClose={() => setRevoked(null)} />}
    </>
  );
}

const NameOf = ({ apiKey, isOwn }: { apiKey: ApiKey; isOwn: boolean }) => (
  <>
    <strong>{apiKey.name}</strong>
    {isOwn && <div class="small">{texts.keys.own}</div>}
    <div class="small">spw_{apiKey.id}_…</div>
  </>
);

function Expiry({ at, now }: { at: string | null; now: number }) {
  if (at === null) return <span class="whole">{texts.keys.never}</span>;
  if (Date.parse(at) > now) return <Time at={at} />;
  return (
    <span class="bad">
      {texts.keys.expired} <Time at={at} />
    </span>
  );
}

function Revoke({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const { spillway, keyId, signOut, toSpaces } = useSession();
  const queries = useQueryClient();
  const say = useSay();
  const words = texts.keys;
  const isOwn = apiKey.id === keyId;
  const done = () => {
    if (isOwn) return (toSpaces ?? signOut)();
    onClose();
    say(words.revoked(apiKey.name));
    void queries.invalidateQueries({ queryKey: KEYS });
  };
  return (
    <Confirm
      title={words.revokeNamed(apiKey.name)}
      action={isOwn ? words.revokeOwn : words.revoke}
      run={() => spillway.apiKeys.delete(apiKey.id)}
      onDone={done}
      onClose={onClose}
    >
      <p>{words.revokeHelp}</p>
      {isOwn && (
        <p>
          <strong>{words.revokeOwnHelp}</strong>
        </p>
      )}
    </Confirm>
  );
}
