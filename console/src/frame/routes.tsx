/** Which component shows which address. A page that the session's scopes do not allow says so. */

import type { ComponentType } from "preact";
import { Link, Route, Switch } from "wouter-preact";
import { DestinationsPage } from "../pages/destinations/destinations-page.tsx";
import { EventsPage } from "../pages/events/events-page.tsx";
import { ExportPage } from "../pages/exports/export-page.tsx";
import { ExportsPage } from "../pages/exports/exports-page.tsx";
import { KeysPage } from "../pages/keys/keys-page.tsx";
import { NewExportPage } from "../pages/new-export/new-export-page.tsx";
import { OverviewPage } from "../pages/overview/overview-page.tsx";
import { SchedulesPage } from "../pages/schedules/schedules-page.tsx";
import { SegmentsPage } from "../pages/segments/segments-page.tsx";
import { WebhooksPage } from "../pages/webhooks/webhooks-page.tsx";
import { type Scope, useMay } from "../session/session.ts";
import { texts } from "../texts.ts";
import { Page } from "../ui/page.tsx";
import { Empty } from "../ui/states.tsx";

/** @param page gets the parameters of the address as properties. */
const ROUTES: readonly { path: string; scope: Scope; page: ComponentType<{ id: string }> }[] = [
  { path: "/", scope: "exports:read", page: OverviewPage },
  { path: "/exports", scope: "exports:read", page: ExportsPage },
  { path: "/exports/:id", scope: "exports:read", page: ExportPage },
  { path: "/new", scope: "exports:write", page: NewExportPage },
  { path: "/schedules/*?", scope: "settings:write", page: SchedulesPage },
  { path: "/destinations/*?", scope: "settings:write", page: DestinationsPage },
  { path: "/webhooks/*?", scope: "settings:write", page: WebhooksPage },
  { path: "/events", scope: "events:read", page: EventsPage },
  { path: "/segments", scope: "profiles:read", page: SegmentsPage },
  { path: "/keys", scope: "settings:write", page: KeysPage },
];

export const Routes = () => (
  <Switch>
    {ROUTES.map(({ path, scope, page: Shown }) => (
      <Route key={path} path={path}>
        {({ id = "" }: { id?: string }) => (
          <Allowed scope={scope}>
            <Shown id={id} />
          </Allowed>
        )}
      </Route>
    ))}
    <Route>
      <Page title={texts.frame.notFound}>
        <Link href="/exports">{texts.frame.notFoundHelp}</Link>
      </Page>
    </Route>
  </Switch>
);

function Allowed({ scope, children }: { scope: Scope; children: preact.ComponentChildren }) {
  if (useMay(scope)) return <>{children}</>;
  return (
    <Page title={texts.frame.noScope}>
      <Empty title={texts.frame.noScopeHelp(scope)} />
    </Page>
  );
}
