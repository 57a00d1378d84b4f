/**
 * The memory of a batch while D1 writes it: the parameters, the message that the client of D1 makes of them as one text
 * of JSON, and the bytes of this message. A text with a wide character takes two bytes a character (narrow-text.ts).
 */

import { isWide } from "./narrow-text.ts";

/** The most bytes of memory that the parameters of one call's batch may take while they are written. */
export const MAX_BATCH_MEMORY_BYTES = 60_000_000;

export class BatchMemory {
  /** Of all texts: UTF-16 units, those of the message to D1, and its bytes in UTF-8. */
  #units = 0;
  #messageUnits = 0;
  #messageBytes = 0;
  #isWide = false;

  /** @param text of JSON. @param bytes of the text in UTF-8. */
  add(text: string, bytes: number): void {
    const messageUnits = JSON.stringify(text).length;
    this.#units += text.length;
    this.#messageUnits += messageUnits;
    this.#messageBytes += bytes + messageUnits - text.length;
    this.#isWide ||= isWide(text);
  }

  get bytes(): number {
    return (this.#isWide ? 2 : 1) * (this.#units + this.#messageUnits) + this.#messageBytes;
  }

  get isTooLarge(): boolean {
    return this.bytes > MAX_BATCH_MEMORY_BYTES;
  }
}
