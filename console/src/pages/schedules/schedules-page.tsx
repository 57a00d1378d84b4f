/** The pages of schedules: the list, one schedule with its runs, and its change. */

import { Route, Switch } from "wouter-preact";
import { ChangeSchedule } from "./change-schedule.tsx";
import { ScheduleDetail } from "./schedule-detail.tsx";
import { ScheduleList } from "./schedule-list.tsx";

export const SchedulesPage = () => (
  <Switch>
    <Route path="/schedules" component={ScheduleList} />
    <Route path="/schedules/:id">{({ id }) => <ScheduleDetail key={id} id={id} />}</Route>
    <Route path="/schedules/:id/change">{({ id }) => <ChangeSchedule key={id} id={id} />}</Route>
  </Switch>
);
