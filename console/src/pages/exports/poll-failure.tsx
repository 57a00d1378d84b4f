/** Says that what is shown may be old, because the last poll failed. */

import { sentenceOf } from "../../session/open-session.ts";
import { texts } from "../../texts.ts";

export const PollFailure = ({ error }: { error: Error }) => (
  <p class="small bad" role="status">
    {texts.exports.pollFailed} {sentenceOf(error)}
  </p>
);
