/**
 * When something runs: a cron expression with its words beside it, common ones to choose, and the time zone it is in.
 */

import { texts } from "../texts.ts";
import { Combobox } from "./combobox.tsx";
import { cronWords } from "./cron-words.ts";
import { TextField } from "./field.tsx";

interface Props {
  cron: string;
  onCron: (cron: string) => void;
  /** IANA; empty: none is picked. */
  timezone: string;
  onTimezone: (timezone: string) => void;
  errors?: { cron?: string | undefined; timezone?: string | undefined };
}

/** Each is shown by its words. */
const COMMON = ["0 * * * *", "0 3 * * *", "0 6 * * 1-5", "0 6 * * 1", "0 3 1 * *"] as const;
const ZONES = Intl.supportedValuesOf("timeZone").map((zone) => ({ value: zone, label: zone }));

export function CronField({ cron, onCron, timezone, onTimezone, errors = {} }: Props) {
  const words = cronWords(cron);
  return (
    <fieldset>
      <legend>{texts.cron.legend}</legend>
      <div class="row common-crons">
        {COMMON.map((common) => (
          <button key={common} type="button" aria-pressed={common === cron} onClick={() => onCron(common)}>
            {cronWords(common)}
          </button>
        ))}
      </div>
      <TextField
        label={texts.cron.expression}
        description={
          <>
            {texts.cron.fields} {words !== null && <strong>{texts.cron.means(words)}</strong>}
          </>
        }
        value={cron}
        onValue={onCron}
        error={errors.cron}
        required
        input={{ autocomplete: "off", spellcheck: false }}
      />
      <Combobox
        label={texts.cron.timezone}
        description={texts.cron.timezoneHelp}
        options={ZONES}
        picked={timezone === "" ? [] : [timezone]}
        onPicked={([zone = ""]) => onTimezone(zone)}
        error={errors.timezone}
        required
      />
    </fieldset>
  );
}
