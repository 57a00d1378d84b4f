/** Segments: rules that say which people belong to them. */

import { countSegment, deleteSegment, getSegment, listSegments, putSegment } from "../generated/sdk.gen.ts";
import type {
  CheckedSegment,
  ListSegmentsData,
  PutSegmentData,
  Segment,
  SegmentCount,
} from "../generated/types.gen.ts";
import type { Pages } from "../pages.ts";
import type { CallOptions, Transport } from "../transport.ts";

export class Segments {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query?: NonNullable<ListSegmentsData["query"]>, options?: CallOptions): Pages<Segment> {
    return this.#transport.pages(query, (wiring, query) => listSegments({ ...wiring, query }), options);
  }

  get(id: string, options?: CallOptions): Promise<Segment> {
    return this.#transport.repeatable((wiring) => getSegment({ ...wiring, path: { id } }), options);
  }

  /** Makes or replaces a segment. The answer's `warnings` name what in the rule no profile has. */
  put(id: string, body: PutSegmentData["body"], options?: CallOptions): Promise<CheckedSegment> {
    return this.#transport.repeatable((wiring) => putSegment({ ...wiring, path: { id }, body }), options);
  }

  /** Counts the people in a segment. */
  count(id: string, options?: CallOptions): Promise<SegmentCount> {
    return this.#transport.repeatable((wiring) => countSegment({ ...wiring, path: { id } }), options);
  }

  delete(id: string, options?: CallOptions): Promise<void> {
    return this.#transport.removal((wiring) => deleteSegment({ ...wiring, path: { id } }), options);
  }
}
