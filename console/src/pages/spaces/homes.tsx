/** The choice of a home, the place of a space's data. */

import type { Home, Space, Spillway } from "spillway-client";
import { texts } from "../../texts.ts";
import { SelectField } from "../../ui/field.tsx";
import { counted } from "../../ui/format.ts";
import { useList } from "../../ui/more.tsx";

const PAGE_SIZE = 100;

/** The homes of the service; none until they are read, or where they cannot be. */
export const useHomes = (operator: Spillway): Home[] =>
  useList(["homes"], (cursor, signal) =>
    operator.spaces.homes({ limit: PAGE_SIZE, ...(cursor !== undefined && { cursor }) }, { signal }).first(),
  ).items;

interface Props {
  homes: readonly Home[];
  /** The home that cannot be chosen; undefined: the service may choose, too. */
  except?: Space["home"];
  value: string;
  onValue: (home: string) => void;
  error?: string | undefined;
}

export function HomeField({ homes, except, value, onValue, error }: Props) {
  const words = texts.spaces;
  const options = homes
    .filter(({ name }) => name !== except)
    .map(({ name, spaces }) => ({ value: name, label: `${name} · ${counted(spaces, "space")}` }));
  return (
    <SelectField
      label={words.home}
      description={words.homeHelp}
      options={[{ value: "", label: except === undefined ? words.homeOfService : words.homeNone }, ...options]}
      value={value}
      onValue={onValue}
      error={error}
      required={except !== undefined}
    />
  );
}
