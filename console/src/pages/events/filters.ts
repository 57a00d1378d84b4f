/** Which events the page shows, as its address and the call have it. Pure. */

/** By which id a person is named. */
export const PERSON_IDS = ["person_id", "external_person_id", "custom_id"] as const;
export type PersonIdName = (typeof PERSON_IDS)[number];

export interface Filters {
  /** Ids of definitions, or patterns with `*`. Empty: all. */
  names: readonly string[];
  personBy: PersonIdName;
  /** Empty: everybody. */
  person: string;
  /** RFC 3339. Empty: as far back as the space keeps events. */
  start: string;
  /** RFC 3339. Empty: now. */
  end: string;
}

const DAY_MS = 86_400_000;
/** The service's clock may be ahead of the browser's: the oldest events of a space are left out for that long. */
const MARGIN_MS = 3_600_000;

export function filtersOf(address: URLSearchParams): Filters {
  const personBy = PERSON_IDS.find((name) => address.has(name)) ?? "person_id";
  return {
    names: (address.get("event_names") ?? "").split(",").filter((name) => name !== ""),
    personBy,
    person: address.get(personBy) ?? "",
    start: address.get("start") ?? "",
    end: address.get("end") ?? "",
  };
}

/** The parameters of an address, without those that filter nothing. */
export function addressOf({ names, personBy, person, start, end }: Filters): Record<string, string> {
  const all = { event_names: names.join(","), [personBy]: person.trim(), start, end };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
}

/**
 * The window of the call.
 * @param now epoch ms. @param retentionDays how long the space keeps events.
 */
export function windowOf({ start, end }: Pick<Filters, "start" | "end">, now: number, retentionDays: number) {
  const oldest = now - retentionDays * DAY_MS + MARGIN_MS;
  return { start: start === "" ? wholeSecond(oldest) : start, end: end === "" ? wholeSecond(now) : end };
}

const wholeSecond = (time: number) => new Date(Math.floor(time / 1000) * 1000).toISOString();
