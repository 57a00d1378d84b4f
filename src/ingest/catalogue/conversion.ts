/** Conversions. A custom event has its id as its name until the space renames it. */

import { boolean, type Entry, group, number, text } from "./built-in.ts";

const CUSTOM_EVENTS = Array.from({ length: 50 }, (_, index): Entry => {
  const id = `custom_event_${index + 1}`;
  return [id, id];
});

const CUSTOM_IDS: ReadonlySet<string> = new Set(CUSTOM_EVENTS.map(([id]) => id));

export const CONVERSION = group(
  "conversion",
  true,
  [
    ["add_payment_info", "Add payment info"],
    ["add_to_cart", "Add to cart"],
    ["complete_registration", "Complete registration"],
    ["contact", "Contact"],
    ["initiate_checkout", "Initiate checkout"],
    ["lead_generated", "Lead generated"],
    ["purchase", "Purchase"],
    ["schedule", "Schedule"],
    ["sign_up", "Sign up"],
    ["start_trial", "Start trial"],
    ["submit_application", "Submit application"],
    ["subscribe", "Subscribe"],
    ["upsell_purchase", "Upsell purchase"],
    ["view_content", "View content"],
    ["webinar_registration", "Webinar registration"],
    ...CUSTOM_EVENTS,
  ],
  [number("amount"), boolean("is_upsell"), text("order_id"), text("order_name"), text("event_url")],
);

/** Whether the space may rename this definition. */
export function isCustomEvent(id: string): boolean {
  return CUSTOM_IDS.has(id);
}
