/**
 * The pages of destinations: the list, the wizard that makes one, one destination, its change, and the wizard's test.
 */

import { Route, Switch } from "wouter-preact";
import { ChangeDestination } from "./change-destination.tsx";
import { DestinationDetail } from "./destination-detail.tsx";
import { DestinationList } from "./destination-list.tsx";
import { NewDestination } from "./new-destination.tsx";
import { TestNewDestination } from "./test-new-destination.tsx";

export const DestinationsPage = () => (
  <Switch>
    <Route path="/destinations" component={DestinationList} />
    <Route path="/destinations/new" component={NewDestination} />
    <Route path="/destinations/:id">{({ id }) => <DestinationDetail key={id} id={id} />}</Route>
    <Route path="/destinations/:id/change">{({ id }) => <ChangeDestination key={id} id={id} />}</Route>
    <Route path="/destinations/:id/test">{({ id }) => <TestNewDestination key={id} id={id} />}</Route>
  </Switch>
);
