/** A mapping of profiles, proposed from the columns of a file. Pure. */

import type { Column, Columns } from "./columns.ts";
import {
  folded,
  type Hints,
  nameFor,
  personColumn,
  type Proposal,
  typedValue,
  typeIn,
  type ValueOf,
} from "./propose.ts";

const ILLEGAL = /[^\p{L}\p{N}_. -]|^[ .-]+| $/gu;
const FIELDS = ["person_id", "external_person_id", "company_id", "type"];
/** Names of a person's column in a file of persons. */
const IDS = [/^(?:id|key|no|nr|number|uuid|ref)$/];

/** Native attributes, which every space has, by the names that columns give them. */
const NATIVES: readonly (readonly [RegExp, string])[] = [
  [/^(?:e?mail|emailaddress|mailaddress)$/, "$email_address"],
  [/^(?:first|given|fore)name$|^vorname$/, "$first_name"],
  [/^(?:last|family|sur)name$|^nachname$/, "$last_name"],
  [/^middlename$/, "$middle_name"],
  [/^(?:phone|mobile|phonenumber|mobilenumber|telephone|tel)$/, "$phone_number"],
  [/^(?:city|town)$/, "$city"],
  [/^country$/, "$country"],
  [/^(?:region|state|province)$/, "$region"],
  [/^(?:address|street|streetaddress)$/, "$address"],
  [/^(?:language|locale|lang)$/, "$language"],
  [/^(?:timezone|tz)$/, "$timezone"],
];
const BIRTH = /^(?:dateofbirth|birthdate|birthday|dob)$/;
const MAPS = ["identifiers", "attributes"] as const;

export function proposeProfiles(file: Columns, hints: Hints): Proposal {
  const becomes = new Map<string, string>();
  const checks: string[] = [];
  const mapping: Record<string, ValueOf> = {};
  const identifiers: Record<string, ValueOf> = {};
  const attributes: [string, ValueOf][] = [];
  const free = () => file.columns.filter(({ name, filled }) => filled > 0 && !becomes.has(name));
  const take = (field: string, column: Column | null | undefined): boolean => {
    if (column === null || column === undefined) return false;
    mapping[field] = { column: column.name };
    becomes.set(column.name, field);
    return true;
  };
  for (const field of FIELDS)
    take(
      field,
      free().find(({ name }) => name === field),
    );
  if (mapping["person_id"] === undefined && mapping["external_person_id"] === undefined) {
    const person = personColumn(free(), IDS);
    if (!take("person_id", person)) {
      mapping["person_id"] = { column: "PERSON" };
      checks.push("No column looks like a person: write its name instead of PERSON.");
    } else if (person !== null && person.filled < file.rows)
      checks.push(
        `${person.name} is empty in ${(file.rows - person.filled).toLocaleString("en")} rows, which are rejected.`,
      );
    // A mail address that names the person is also the address to write to.
    const native = person === null ? undefined : nativeFor(person);
    if (person !== null && native !== undefined) attributes.push([native, { column: person.name }]);
  }
  const taken = new Set(attributes.map(([name]) => name));
  for (const column of free()) {
    const { name } = column;
    const map = MAPS.find((each) => name.startsWith(`${each}.`));
    if (map === "identifiers") {
      identifiers[name.slice("identifiers.".length)] = { column: name };
      becomes.set(name, "an identifier");
      continue;
    }
    const native = nativeFor(column);
    if (native !== undefined && !taken.has(native)) {
      taken.add(native);
      attributes.push([native, { column: name }]);
      becomes.set(name, `attribute ${native}`);
      continue;
    }
    const own = map === undefined ? name : name.slice("attributes.".length);
    const attribute = nameFor(own, ILLEGAL, hints, taken);
    const { value, checks: ownChecks } = typedValue(column, hints, false);
    attributes.push([attribute, value]);
    becomes.set(name, `attribute ${attribute}, ${typeIn(value)}`);
    checks.push(...ownChecks);
  }
  const maps = {
    ...(Object.keys(identifiers).length === 0 ? {} : { identifiers }),
    ...(attributes.length === 0 ? {} : { attributes: Object.fromEntries(attributes) }),
  };
  return { mapping: { ...mapping, ...maps }, becomes, checks };
}

/** Only days in the form 1815-12-10 are dates of birth. */
function nativeFor({ name, times }: Column): string | undefined {
  const key = folded(name);
  if (name.startsWith("attributes.$")) return name.slice("attributes.".length);
  if (BIRTH.test(key)) return times[0]?.format === "iso" && !times[0].hasClock ? "$date_of_birth" : undefined;
  return NATIVES.find(([pattern]) => pattern.test(key))?.[1];
}
