/** Cron expressions in words: `0 3 * * 1-5` is "Monday to Friday at 03:00". Of the common forms only. */

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;
/** More times of a day than that are no shorter in words. */
const MAX_TIMES = 6;

/**
 * @param cron five fields: minute, hour, day of the month, month, day of the week.
 * @returns a phrase; null where the expression is none of the common forms, or no expression.
 */
export function cronWords(cron: string): string | null {
  const fields = cron.trim().split(/\s+/);
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
  const when = timesOfDay(minute, hour);
  const days = daysOf(day, weekday);
  const months = month === "*" ? "" : inMonths(month);
  if (fields.length !== 5 || when === null || days === null || months === null) return null;
  const phrase = when.isThroughout && days === "every day" ? when.words : joined(days, when.words);
  const whole = months === "" ? phrase : `${phrase} in ${months}`;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
}

const joined = (days: string, times: string) => (times.startsWith("at") ? `${days} ${times}` : `${days}, ${times}`);

/** @returns null where the fields say no times that words say as well. */
function timesOfDay(minute: string, hour: string): { words: string; isThroughout: boolean } | null {
  const everyMinutes = stepOf(minute, 60);
  if (hour === "*" && everyMinutes !== null) return { words: `every ${everyMinutes} minutes`, isThroughout: true };
  const minutes = numbersOf(minute, 0, 59);
  if (minutes === null) return null;
  if (hour === "*") {
    const past = minutes.every((each) => each === 0) ? "" : ` at minute ${listed(minutes.map(String))}`;
    return { words: `every hour${past}`, isThroughout: true };
  }
  const everyHours = stepOf(hour, 24);
  const hours =
    everyHours === null
      ? numbersOf(hour, 0, 23)
      : Array.from({ length: 24 / everyHours }, (_, place) => place * everyHours);
  if (hours === null) return null;
  const times = hours.flatMap((at) => minutes.map((past) => `${two(at)}:${two(past)}`));
  return times.length > MAX_TIMES ? null : { words: `at ${listed(times)}`, isThroughout: false };
}

/** The days that two fields say; with both set, cron takes days that match either, which reads badly in words. */
function daysOf(day: string, weekday: string): string | null {
  if (day === "*" && weekday === "*") return "every day";
  if (day !== "*" && weekday !== "*") return null;
  if (weekday === "*") {
    if (day === "L") return "the last day of every month";
    const days = numbersOf(day, 1, 31);
    return days === null ? null : `${days.length === 1 ? "day" : "days"} ${listed(days.map(String))} of every month`;
  }
  const range = /^(\w+)-(\w+)$/.exec(weekday);
  if (range !== null) {
    const [first, last] = [nameOf(range[1], DAYS, 0), nameOf(range[2], DAYS, 0)];
    return first === null || last === null ? null : `${first} to ${last}`;
  }
  const names = namesOf(weekday, DAYS, 0);
  return names === null ? null : `every ${listed(names)}`;
}

function inMonths(month: string): string | null {
  const names = namesOf(month, MONTHS, 1);
  return names === null ? null : listed(names);
}

/** The n of a step through a whole field that comes out even, as `*` + `/15` of minutes does; else null. */
function stepOf(field: string, of: number): number | null {
  const step = Number(/^\*\/(\d+)$/.exec(field)?.[1] ?? 0);
  return step > 1 && of % step === 0 ? step : null;
}

/** A list of plain numbers, in order; null for anything else. */
function numbersOf(field: string, min: number, max: number): number[] | null {
  const parts = field.split(",");
  if (!parts.every((part) => /^\d{1,2}$/.test(part) && Number(part) >= min && Number(part) <= max)) return null;
  return [...new Set(parts.map(Number))].toSorted((one, other) => one - other);
}

function namesOf(field: string, names: readonly string[], first: number): string[] | null {
  const found = field.split(",").map((part) => nameOf(part, names, first));
  return found.every((name) => name !== null) ? found : null;
}

/** @param first the number of the first name. Sunday is 0 and 7. */
function nameOf(part: string | undefined, names: readonly string[], first: number): string | null {
  if (part === undefined) return null;
  if (/^\d{1,2}$/.test(part)) {
    const place = Number(part) - first;
    return names[names === DAYS && place === 7 ? 0 : place] ?? null;
  }
  return names.find((name) => part.length === 3 && name.toUpperCase().startsWith(part.toUpperCase())) ?? null;
}

const two = (value: number) => String(value).padStart(2, "0");

/** `a`, `a and b`, `a, b and c`. */
function listed(parts: readonly string[]): string {
  const last = parts.at(-1) ?? "";
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(", ")} and ${last}`;
}
