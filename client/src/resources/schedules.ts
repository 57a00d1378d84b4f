/** Schedules: exports that are created again and again. */

import {
  changeSchedule,
  createSchedule,
  deleteSchedule,
  getSchedule,
  listScheduleExports,
  listSchedules,
} from "../generated/sdk.gen.ts";
import type {
  ChangeScheduleResponse,
  CreateScheduleData,
  CreateScheduleResponse,
  ListScheduleExportsData,
  ListSchedulesData,
  Schedule,
  ChangeScheduleRequest,
  ScheduleRun,
} from "../generated/types.gen.ts";
import type { Pages } from "../pages.ts";
import type { CallOptions, Transport } from "../transport.ts";

export class Schedules {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query?: NonNullable<ListSchedulesData["query"]>, options?: CallOptions): Pages<Schedule> {
    return this.#transport.pages(query, (wiring, query) => listSchedules({ ...wiring, query }), options);
  }

  get(id: string, options?: CallOptions): Promise<Schedule> {
    return this.#transport.repeatable((wiring) => getSchedule({ ...wiring, path: { id } }), options);
  }

  create(body: CreateScheduleData["body"], options?: CallOptions): Promise<CreateScheduleResponse> {
    return this.#transport.once((wiring) => createSchedule({ ...wiring, body }), options);
  }

  /** Changes the fields that are sent: `{ paused: true }` pauses. */
  change(id: string, body: ChangeScheduleRequest, options?: CallOptions): Promise<ChangeScheduleResponse> {
    return this.#transport.repeatable((wiring) => changeSchedule({ ...wiring, path: { id }, body }), options);
  }

  delete(id: string, options?: CallOptions): Promise<void> {
    return this.#transport.removal((wiring) => deleteSchedule({ ...wiring, path: { id } }), options);
  }

  /** The runs of a schedule, newest first. */
  runs(id: string, query?: NonNullable<ListScheduleExportsData["query"]>, options?: CallOptions): Pages<ScheduleRun> {
    return this.#transport.pages(
      query,
      (wiring, query) => listScheduleExports({ ...wiring, path: { id }, query }),
      options,
    );
  }
}
