/**
 * The window of an export: two local times of the space's time zone, in fields of their own, and a calendar (the
 * library cally) that sets both to whole days. The window is half-open: the end is the first moment that is left out.
 */

import "cally";
import { useEffect, useId, useRef } from "preact/hooks";
import { useSession } from "../session/session.ts";
import { texts } from "../texts.ts";
import { TextField } from "./field.tsx";
import { addDays, dayOf, instantOf, localOf } from "./zoned.ts";

/** RFC 3339 instants; empty where nothing is chosen. */
export interface Range {
  start: string;
  end: string;
}

interface Props {
  label: string;
  range: Range;
  onRange: (range: Range) => void;
  errors?: { start?: string | undefined; end?: string | undefined };
  required?: boolean;
}

const MIDNIGHT = "T00:00";

export function DateRange({ label, range, onRange, errors = {}, required = false }: Props) {
  const { timezone } = useSession().space;
  const id = useId();
  const today = dayOf(Date.now(), timezone);
  const local = (instant: string) => (instant === "" ? "" : localOf(instant, timezone));
  const instant = (text: string) => instantOf(text, timezone) ?? "";
  const ofDays = (first: string, last: string) => ({
    start: instant(`${first}${MIDNIGHT}`),
    end: instant(`${addDays(last, 1)}${MIDNIGHT}`),
  });
  const presets = [
    { label: texts.range.yesterday, range: ofDays(addDays(today, -1), addDays(today, -1)) },
    { label: texts.range.last7Days, range: ofDays(addDays(today, -7), addDays(today, -1)) },
    { label: texts.range.last30Days, range: ofDays(addDays(today, -30), addDays(today, -1)) },
  ];
  return (
    <fieldset class="range">
      <legend>{label}</legend>
      <p class="small">{texts.range.zone(timezone)}</p>
      <div class="row">
        {presets.map((preset) => (
          <button key={preset.label} type="button" onClick={() => onRange(preset.range)}>
            {preset.label}
          </button>
        ))}
        <button type="button" popovertarget={id}>
          {texts.range.calendar}
        </button>
      </div>
      <div id={id} popover="auto" class="calendar" role="dialog" aria-label={texts.range.calendar}>
        <Calendar
          value={daysOf(range, local)}
          max={today}
          onDays={(first, last) => {
            onRange(ofDays(first, last));
            document.getElementById(id)?.hidePopover();
          }}
        />
      </div>
      <div class="row">
        <TextField
          label={texts.range.from}
          type="datetime-local"
          value={local(range.start)}
          onValue={(text) => onRange({ ...range, start: instant(text) })}
          error={errors.start}
          required={required}
          input={{ step: 1 }}
        />
        <TextField
          label={texts.range.until}
          type="datetime-local"
          value={local(range.end)}
          onValue={(text) => onRange({ ...range, end: instant(text) })}
          error={errors.end}
          required={required}
          input={{ step: 1 }}
        />
      </div>
    </fieldset>
  );
}

/** The days that a range of whole days has, as the calendar writes them: `2026-11-01/2026-11-30`. */
function daysOf({ start, end }: Range, local: (instant: string) => string): string {
  const [first, last] = [local(start), local(end)];
  if (!first.endsWith(MIDNIGHT) || !last.endsWith(MIDNIGHT)) return "";
  return `${first.slice(0, 10)}/${addDays(last.slice(0, 10), -1)}`;
}

interface CalendarProps {
  value: string;
  /** The last day that can be chosen. */
  max: string;
  onDays: (first: string, last: string) => void;
}

function Calendar({ value, max, onDays }: CalendarProps) {
  const element = useRef<HTMLElement>(null);
  useEffect(() => {
    const calendar = element.current;
    const change = () => {
      const [first, last] = (calendar as unknown as { value: string }).value.split("/");
      if (first !== undefined && last !== undefined) onDays(first, last);
    };
    calendar?.addEventListener("change", change);
    return () => calendar?.removeEventListener("change", change);
  });
  return (
    <calendar-range ref={element} value={value} max={max} locale="en-GB">
      <calendar-month />
    </calendar-range>
  );
}
