/**
 * A field whose values are picked from a list while typing. The library combobox-nav moves through the list with the
 * keyboard and tells screen readers what is active; this component filters the list, and shows what was picked.
 */

import ComboboxNav from "@github/combobox-nav";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { texts } from "../texts.ts";
import { Field } from "./field.tsx";

export interface Option {
  value: string;
  label: string;
  /** A second line: what it is. */
  detail?: string;
}

interface Props {
  label: string;
  description?: ComponentChildren;
  error?: string | undefined;
  required?: boolean;
  /** What can be picked. Filtered here by what is typed, in label, value and detail. */
  options: readonly Option[];
  picked: readonly string[];
  onPicked: (values: string[]) => void;
  /** More than one value. Without it, a pick replaces the value. */
  multiple?: boolean;
  /** Turns a text that is in no option into a value, such as a pattern with `*`; null: it is none. */
  custom?: (text: string) => string | null;
}

const MAX_SHOWN = 100;

export function Combobox(props: Props) {
  const { options, picked, onPicked, multiple = false, custom, ...field } = props;
  const listId = useId();
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const nav = useRef<ComboboxNav | null>(null);
  const [text, setText] = useState("");
  const [isOpen, setOpen] = useState(false);
  const shown = useMemo(() => matching(options, picked, text, custom), [options, picked, text, custom]);

  useEffect(() => {
    if (input.current === null || list.current === null) return undefined;
    const made = new ComboboxNav(input.current, list.current, {
      tabInsertsSuggestions: false,
      firstOptionSelectionMode: "active",
    });
    nav.current = made;
    return () => made.destroy();
  }, []);
  useEffect(() => {
    if (isOpen) nav.current?.start();
    else nav.current?.stop();
  }, [isOpen, shown]);

  const pick = (value: string) => {
    onPicked(multiple ? [...picked, value] : [value]);
    setText("");
    if (!multiple) setOpen(false);
  };
  // The library fires it at the option, by a click or by Enter.
  useEffect(() => {
    const element = list.current;
    const commit = (event: Event) => {
      const value = event.target instanceof HTMLElement ? event.target.dataset["value"] : undefined;
      if (value !== undefined) pick(value);
    };
    element?.addEventListener("combobox-commit", commit);
    return () => element?.removeEventListener("combobox-commit", commit);
  });
  const labelOf = (value: string) => options.find((option) => option.value === value)?.label ?? value;

  return (
    <Field {...field}>
      {(control) => (
        <div class="combobox">
          {picked.length > 0 && (
            <ul class="picked">
              {picked.map((value) => (
                <li key={value}>
                  {labelOf(value)}
                  <button
                    type="button"
                    class="quiet"
                    aria-label={texts.remove(labelOf(value))}
                    onClick={() => onPicked(picked.filter((other) => other !== value))}
                  >
                    ✕
                  </button>
                </li>
              ))}
            </ul>
          )}
          <input
            {...control}
            required={control.required && picked.length === 0}
            ref={input}
            type="text"
            autocomplete="off"
            spellcheck={false}
            value={text}
            placeholder={texts.typeToSearch}
            onInput={(event) => {
              setText(event.currentTarget.value);
              setOpen(true);
            }}
            onFocus={() => setOpen(true)}
            onClick={() => setOpen(true)}
            onBlur={() => setOpen(false)}
            onKeyDown={(event) => {
              if (event.key === "Escape") setOpen(false);
              else if (event.key === "ArrowDown") setOpen(true);
              else if (event.key === "Backspace" && text === "") onPicked(picked.slice(0, -1));
              // Enter sends no form while the list is open.
              else if (event.key === "Enter" && isOpen) event.preventDefault();
            }}
          />
          {/* The pointer must not take the focus from the input, whose loss closes the list. */}
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/no-static-element-interactions -- it only keeps the focus */}
          <ul
            ref={list}
            id={listId}
            role="listbox"
            aria-label={field.label}
            hidden={!isOpen}
            onMouseDown={(event) => event.preventDefault()}
          >
            {shown.map(({ value, label, detail }) => (
              // oxlint-disable-next-line jsx-a11y/role-has-required-aria-props -- the library sets aria-selected
              <li key={value} role="option" data-value={value}>
                {label}
                {detail !== undefined && <span class="small">{detail}</span>}
              </li>
            ))}
            {shown.length === 0 && <li class="small">{texts.noMatch}</li>}
          </ul>
        </div>
      )}
    </Field>
  );
}

/** The options that contain the text, without those that are picked; the text itself last where it may be a value. */
function matching(
  options: readonly Option[],
  picked: readonly string[],
  text: string,
  custom: Props["custom"],
): readonly Option[] {
  const typed = text.trim();
  const needle = typed.toLowerCase();
  const found = options
    .filter(({ value }) => !picked.includes(value))
    .filter((option) =>
      [option.label, option.value, option.detail ?? ""].some((part) => part.toLowerCase().includes(needle)),
    )
    .slice(0, MAX_SHOWN);
  const own = typed === "" ? null : (custom?.(typed) ?? null);
  if (own === null || picked.includes(own) || found.some(({ value }) => value === own)) return found;
  return [...found, { value: own, label: own, detail: texts.asTyped }];
}
