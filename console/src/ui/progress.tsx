/** A bar of how much is done. */

import { texts } from "../texts.ts";

interface Props {
  /** What makes progress, for screen readers. */
  label: string;
  /** 0 to 1; null: it is not known yet. */
  share: number | null;
}

export const Progress = ({ label, share }: Props) => (
  <span class="progress">
    <progress aria-label={label} {...(share !== null && { value: share })} max={1} />
    <span class="small">{share === null ? texts.waiting : `${Math.floor(share * 100)} %`}</span>
  </span>
);
