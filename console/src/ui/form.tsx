/**
 * A form of a call: what the call answered is at its fields, or at the top, and the first wrong field gets the focus.
 */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type Fault, SpillwayError } from "spillway-client";
import { unplacedFaults } from "./problems.ts";
import { Failure } from "./states.tsx";

/** The faults that an error names; none where it is no answer of the service, or names none. */
export const faultsOf = (error: unknown): readonly Fault[] => (error instanceof SpillwayError ? error.errors : []);

interface Props {
  /** What the form is for, for screen readers. */
  label: string;
  /** Of the last call; null: there was none, or it succeeded. */
  error: unknown;
  /** The places in the body whose faults are at fields of this form; all other faults are shown at the top. */
  pointers: readonly string[];
  onSubmit: () => void;
  children: ComponentChildren;
}

export function Form({ label, error, pointers, onSubmit, children }: Props) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (error !== null) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [error]);
  const faults = faultsOf(error);
  const isAtFields = faults.length > 0 && unplacedFaults(faults, pointers).length === 0;
  return (
    <form
      ref={form}
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {error !== null && !isAtFields && <Failure error={error} />}
      {children}
    </form>
  );
}
