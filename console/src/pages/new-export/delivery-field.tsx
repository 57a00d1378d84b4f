/** Where the files go: kept for download, or written to a destination's bucket. */

import { useQuery } from "@tanstack/preact-query";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Link } from "wouter-preact";
import { useMay, useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Combobox } from "../../ui/combobox.tsx";

const own = texts.newExport.delivery;
const FRESH_MS = 10_000;

export type DeliveryValue =
  | { type: "download" }
  /** An empty id: it is still to be picked. */
  | { type: "s3"; destination_id: string }
  /** A bucket that the request itself names, of an export that is made again. */
  | { type: "s3"; bucket: string; destination_id?: undefined };

interface Props {
  label: string;
  description: ComponentChildren;
  error: string | undefined;
  delivery: DeliveryValue | undefined;
  onDelivery: (delivery: DeliveryValue) => void;
}

export function DeliveryField({ label, description, error, delivery = { type: "download" }, onDelivery }: Props) {
  const { spillway, door, scopes } = useSession();
  const mayMake = useMay("settings:write");
  const group = useId();
  const { data: destinations = [] } = useQuery({
    queryKey: ["destinations", "to pick"],
    enabled: door === "portal" || scopes.has("settings:write"),
    staleTime: FRESH_MS,
    queryFn: ({ signal }) => spillway.destinations.list({ limit: 200 }, { signal }).all(),
  });
  const inline = delivery.type === "s3" && delivery.destination_id === undefined ? delivery : null;
  const choices: { value: DeliveryValue; label: string; isChosen: boolean }[] = [
    { value: { type: "download" }, label: own.download, isChosen: delivery.type === "download" },
    {
      value: { type: "s3", destination_id: "" },
      label: own.destination,
      isChosen: delivery.type === "s3" && inline === null,
    },
    ...(inline === null ? [] : [{ value: inline, label: own.inline(inline.bucket), isChosen: true }]),
  ];
  return (
    <>
      <fieldset aria-describedby={`${group}-description`}>
        <legend>{label}</legend>
        {choices.map((choice) => (
          <label key={choice.label} class="check">
            <input type="radio" name={group} checked={choice.isChosen} onChange={() => onDelivery(choice.value)} />
            {choice.label}
          </label>
        ))}
        <p class="small" id={`${group}-description`}>
          {description}
        </p>
        {delivery.type === "download" && error !== undefined && (
          <p class="field-error" role="alert">
            {error}
          </p>
        )}
      </fieldset>
      {delivery.type === "s3" && inline === null && (
        <Combobox
          label={own.which}
          description={
            <>
              {destinations.length === 0 && own.none} {mayMake && <Link href="/destinations/new">{own.make}</Link>}
            </>
          }
          error={error}
          required
          options={destinations.map(({ id, name, bucket, directory_path: path }) => ({
            value: id,
            label: name,
            detail: `${bucket}/${path}`,
          }))}
          picked={delivery.destination_id === "" ? [] : [delivery.destination_id ?? ""]}
          onPicked={([id = ""]) => onDelivery({ type: "s3", destination_id: id })}
          custom={(text) => text}
        />
      )}
    </>
  );
}
