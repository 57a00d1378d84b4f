/** Webhooks: the endpoints that receive them, and what was delivered. Each has an address of its own. */

import type { ComponentType } from "preact";
import { Link, useLocation } from "wouter-preact";
import { texts } from "../../texts.ts";
import { Page } from "../../ui/page.tsx";
import { Deliveries } from "./deliveries.tsx";
import { Endpoints } from "./endpoints.tsx";

const ENDPOINTS = "/webhooks";
const DELIVERIES = "/webhooks/deliveries";

const VIEWS: readonly { path: string; name: string; view: ComponentType }[] = [
  { path: ENDPOINTS, name: texts.webhooks.endpoints, view: Endpoints },
  { path: DELIVERIES, name: texts.deliveries.title, view: Deliveries },
];

export function WebhooksPage() {
  const [path] = useLocation();
  const at = path.startsWith(DELIVERIES) ? DELIVERIES : ENDPOINTS;
  return (
    <Page title={texts.frame.nav.webhooks}>
      <nav class="views" aria-label={texts.frame.nav.webhooks}>
        {VIEWS.map(({ path: to, name }) => (
          <Link key={to} href={to} aria-current={to === at ? "page" : undefined}>
            {name}
          </Link>
        ))}
      </nav>
      {VIEWS.map(({ path: of, view: View }) => of === at && <View key={of} />)}
    </Page>
  );
}
