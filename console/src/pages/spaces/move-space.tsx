/** The move of a space to another home: how far the last one is, a new one, and the way back before it has switched. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import type { Home, MovableSpace, Space, Spillway } from "spillway-client";
import { texts } from "../../texts.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { faultsOf, Form } from "../../ui/form.tsx";
import { counted, moment } from "../../ui/format.ts";
import { faultAt } from "../../ui/problems.ts";
import { Failure, Loading } from "../../ui/states.tsx";
import { HomeField } from "./homes.tsx";
import { SPACES } from "./space-form.tsx";

const LOOK_AGAIN_MS = 3_000;
const ENDED = ["completed", "canceled", "failed"];

interface Props {
  operator: Spillway;
  homes: readonly Home[];
  space: Space;
  onClose: () => void;
}

export function MoveSpace({ operator, homes, space, onClose }: Props) {
  const queries = useQueryClient();
  const [home, setHome] = useState("");
  const key = [...SPACES, space.id];
  const shown = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => operator.spaces.get(space.id, { signal }),
    refetchInterval: ({ state }) => (isMoving(state.data) ? LOOK_AGAIN_MS : false),
  });
  const work = useMutation({
    mutationFn: (to: string | null) =>
      to === null ? operator.spaces.cancelMove(space.id) : operator.spaces.move(space.id, to),
    onSuccess: (moved) => queries.setQueryData(key, moved),
  });
  const close = () => {
    onClose();
    void queries.invalidateQueries({ queryKey: SPACES });
  };
  const words = texts.spaces;
  const title = words.moveNamed(space.name);
  const { data } = shown;
  const move = data?.move ?? null;
  const canCancel = move?.state === "copying" || move?.state === "switching";
  return (
    <Dialog title={title} onClose={close}>
      {shown.isPending && <Loading />}
      {shown.error !== null && <Failure error={shown.error} retry={shown.refetch} />}
      {data !== undefined && <p>{words.isIn(data.home)}</p>}
      {move !== null && <Progress move={move} />}
      {isMoving(data) && work.error !== null && <Failure error={work.error} />}
      {canCancel && (
        <footer>
          <button type="button" class="danger" disabled={work.isPending} onClick={() => work.mutate(null)}>
            {words.cancelMove}
          </button>
        </footer>
      )}
      {data !== undefined && !isMoving(data) && (
        <Form label={title} error={work.error} pointers={["/home"]} onSubmit={() => work.mutate(home)}>
          <HomeField
            homes={homes}
            except={data.home}
            value={home}
            onValue={setHome}
            error={faultAt(faultsOf(work.error), "/home")}
          />
          <footer>
            <button type="button" onClick={close}>
              {texts.cancel}
            </button>
            <button class="primary" disabled={work.isPending || home === ""}>
              {work.isPending ? texts.working : words.move}
            </button>
          </footer>
        </Form>
      )}
    </Dialog>
  );
}

const isMoving = (space: MovableSpace | undefined): boolean =>
  space !== undefined && space.move !== null && !ENDED.includes(space.move.state);

function Progress({ move }: { move: NonNullable<MovableSpace["move"]> }) {
  const { state, from, to, copied_rows: copied, compared_rows: compared, error, failing_since: failing } = move;
  const words = texts.spaces;
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return (
    <div role="status">
      <p>
        <strong>{words.moves[state](from, to)}</strong>
      </p>
      <p class="small">{words.moved(counted(copied, "row"), counted(compared, "row"))}</p>
      {failing !== undefined && <p class="bad">{words.moveFails(moment(failing, timeZone))}</p>}
      {error !== undefined && <p class="bad">{error}</p>}
    </div>
  );
}
