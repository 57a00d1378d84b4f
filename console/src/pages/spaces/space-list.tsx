/** The table of spaces, with what the operator may do to each. */

import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import type { Home, Space, Spillway } from "spillway-client";
import { texts } from "../../texts.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { counted, moment } from "../../ui/format.ts";
import { useSay } from "../../ui/live.tsx";
import { More, useList } from "../../ui/more.tsx";
import { Empty, Failure, Loading } from "../../ui/states.tsx";
import { Table } from "../../ui/table.tsx";
import { DeleteSpace } from "./delete-space.tsx";
import { MoveSpace } from "./move-space.tsx";
import { SpaceForm, SPACES } from "./space-form.tsx";

const PAGE_SIZE = 50;

interface Props {
  operator: Spillway;
  homes: readonly Home[];
  onOpen: (space: Space) => Promise<void>;
}

type What = "move" | "change" | "status" | "delete";
type Doing = { what: What; space: Space } | null;

export function SpaceList({ operator, homes, onOpen }: Props) {
  const [doing, setDoing] = useState<Doing>(null);
  const opening = useMutation({ mutationFn: onOpen });
  const spaces = useList(SPACES, (cursor, signal) =>
    operator.spaces.list({ limit: PAGE_SIZE, ...(cursor !== undefined && { cursor }) }, { signal }).first(),
  );
  if (spaces.isPending) return <Loading />;
  const words = texts.spaces;
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const close = () => setDoing(null);
  return (
    <>
      {spaces.error !== null && <Failure error={spaces.error} retry={spaces.refetch} />}
      {opening.error !== null && <Failure error={opening.error} />}
      {spaces.data !== undefined && spaces.items.length === 0 && <Empty title={words.none}>{words.noneHelp}</Empty>}
      {spaces.items.length > 0 && (
        <Table
          caption={words.title}
          rows={spaces.items}
          keyOf={({ id }) => id}
          columns={[
            {
              heading: words.name,
              cell: (space) => (
                <>
                  <strong>{space.name}</strong>
                  <div class="small">{space.id}</div>
                </>
              ),
            },
            { heading: words.status, cell: ({ status }) => <Status status={status} /> },
            {
              heading: words.timezone,
              cell: ({ timezone, retention_days: days }) => (
                <>
                  {timezone}
                  <div class="small">{words.keeps(counted(days, "day"))}</div>
                </>
              ),
            },
            { heading: words.home, cell: ({ home }) => home },
            {
              heading: words.created,
              cell: ({ created_at: at }) => (
                <time dateTime={at} title={at}>
                  {moment(at, timeZone)}
                </time>
              ),
            },
            {
              heading: words.actions,
              cell: (space) => (
                <Actions
                  space={space}
                  canMove={homes.length > 1}
                  isOpening={opening.isPending}
                  onOpen={() => opening.mutate(space)}
                  onDo={(what) => setDoing({ what, space })}
                />
              ),
            },
          ]}
        />
      )}
      <More {...spaces} />
      {doing?.what === "move" && <MoveSpace operator={operator} homes={homes} space={doing.space} onClose={close} />}
      {doing?.what === "change" && (
        <SpaceForm operator={operator} homes={homes} space={doing.space} onDone={close} onClose={close} />
      )}
      {doing?.what === "status" && <ChangeStatus operator={operator} space={doing.space} onClose={close} />}
      {doing?.what === "delete" && <DeleteSpace operator={operator} space={doing.space} onClose={close} />}
    </>
  );
}

const Status = ({ status }: Pick<Space, "status">) => (
  <span class={status === "active" ? "good" : "warn"}>{texts.spaces.statuses[status]}</span>
);

interface ActionsProps {
  space: Space;
  canMove: boolean;
  isOpening: boolean;
  onOpen: () => void;
  onDo: (what: What) => void;
}

function Actions({ space, canMove, isOpening, onOpen, onDo }: ActionsProps) {
  const words = texts.spaces;
  const named = (action: string) => `${action}: ${space.name}`;
  const toggle = words.toggle[space.status];
  return (
    <div class="row">
      {space.status === "active" && (
        <button type="button" disabled={isOpening} aria-label={named(words.open)} onClick={onOpen}>
          {words.open}
        </button>
      )}
      <button type="button" aria-label={named(words.change)} onClick={() => onDo("change")}>
        {words.change}
      </button>
      {canMove && (
        <button type="button" aria-label={named(words.move)} onClick={() => onDo("move")}>
          {words.move}
        </button>
      )}
      <button type="button" aria-label={named(toggle)} onClick={() => onDo("status")}>
        {toggle}
      </button>
      <button type="button" class="danger" aria-label={named(words.delete)} onClick={() => onDo("delete")}>
        {words.delete}
      </button>
    </div>
  );
}

interface StatusProps {
  operator: Spillway;
  space: Space;
  onClose: () => void;
}

function ChangeStatus({ operator, space, onClose }: StatusProps) {
  const queries = useQueryClient();
  const say = useSay();
  const words = texts.spaces;
  const status = space.status === "active" ? "inactive" : "active";
  const action = words.toggle[space.status];
  return (
    <Confirm
      title={`${action}: ${space.name}`}
      action={action}
      run={() => operator.spaces.change(space.id, { status })}
      onDone={() => {
        onClose();
        say(words.changed(space.name, words.statuses[status]));
        void queries.invalidateQueries({ queryKey: SPACES });
      }}
      onClose={onClose}
    >
      <p>{words.toggleHelp[space.status]}</p>
    </Confirm>
  );
}
