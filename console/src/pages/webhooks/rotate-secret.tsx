/** The question before a new secret: for a day both sign, so that a receiver can switch at any time. */

import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { moment } from "../../ui/format.ts";
import type { MadeSecret } from "./endpoints.tsx";

interface Rotated {
  secret: string;
  previous_secret_expires_at: string;
}

interface Props {
  /** What the secret signs for. */
  about: string;
  rotate: () => Promise<Rotated>;
  onSecret: (made: MadeSecret) => void;
  onClose: () => void;
}

export function RotateSecret({ about, rotate, onSecret, onClose }: Props) {
  const { timezone } = useSession().space;
  const words = texts.webhooks;
  const run = async () => {
    const rotated = await rotate();
    onSecret({
      title: words.rotated(about),
      secret: rotated.secret,
      help: words.rotatedHelp(moment(rotated.previous_secret_expires_at, timezone)),
    });
  };
  return (
    <Confirm title={words.rotateTitle} action={words.rotate} run={run} onDone={onClose} onClose={onClose}>
      <p>
        <strong>{about}</strong>
      </p>
      <p>{words.rotateHelp}</p>
    </Confirm>
  );
}
