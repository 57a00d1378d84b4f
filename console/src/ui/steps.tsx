/** The steps of a task, in order, with the one that the person is at. */

import { texts } from "../texts.ts";

interface Props {
  names: readonly string[];
  /** The place of the current step in the names. */
  current: number;
}

export const Steps = ({ names, current }: Props) => (
  <ol class="steps" aria-label={texts.steps}>
    {names.map((name, place) => (
      <li key={name} class={place < current ? "done" : undefined} aria-current={place === current ? "step" : undefined}>
        {name}
      </li>
    ))}
  </ol>
);
