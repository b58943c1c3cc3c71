const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Bytes of one event that are held back at most; a longer event passes unseen. */
const LIMIT = 4 * 1024 * 1024;

/** Gets an event's bytes with their blank line; answers what to pass on: the same, others, or undefined for nothing. */
export interface Inspector {
  inspect(event: Buffer): Buffer | undefined;
}

/** Sees every complete event of a stream of server-sent events before it is passed on. */
export class EventFilter {
  readonly #inspector: Inspector;
  readonly #limit: number;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #lineBytes = 0;
  #lastByte = 0;
  #overlong = false;

  constructor(inspector: Inspector, limit = LIMIT) {
    this.#inspector = inspector;
    this.#limit = limit;
  }

  /** Whether the bytes passed on so far end inside an event. */
  get midEvent(): boolean {
    return this.#overlong;
  }

  /** Takes the next bytes, cut anywhere, and passes on those that are ready, in order. */
  push(chunk: Buffer, write: (bytes: Buffer) => void): void {
    let passed = 0;
    let eventStart = 0;
    let at = 0;
    for (let newline = chunk.indexOf(LINE_FEED); newline !== -1; newline = chunk.indexOf(LINE_FEED, at)) {
      const length = this.#lineBytes + newline - at;
      const before = newline > at ? chunk[newline - 1] : this.#lastByte;
      this.#lineBytes = 0;
      at = newline + 1;
      if (length > 1 || (length === 1 && before !== CARRIAGE_RETURN)) continue;
      const start = eventStart;
      eventStart = at;
      if (this.#overlong) {
        this.#overlong = false;
        continue;
      }
      const bytes = start === 0 && at === chunk.length ? chunk : chunk.subarray(start, at);
      const result = this.#inspector.inspect(this.#heldBytes === 0 ? bytes : this.#joined(bytes));
      if (result === bytes) continue;
      if (start > passed) write(chunk.subarray(passed, start));
      if (result !== undefined) write(result);
      passed = at;
    }
    if (passed === 0 && eventStart === chunk.length) write(chunk);
    else if (eventStart > passed) write(chunk.subarray(passed, eventStart));
    this.#lineBytes += chunk.length - at;
    this.#lastByte = chunk[chunk.length - 1] ?? this.#lastByte;
    if (eventStart < chunk.length) this.#hold(chunk.subarray(eventStart), write);
  }

  /** What is held back of an event whose blank line has not come. */
  rest(): Buffer {
    const bytes = Buffer.concat(this.#held, this.#heldBytes);
    this.#held = [];
    this.#heldBytes = 0;
    return bytes;
  }

  #joined(end: Buffer): Buffer {
    this.#held.push(end);
    this.#heldBytes += end.length;
    return this.rest();
  }

  #hold(bytes: Buffer, write: (bytes: Buffer) => void): void {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > this.#limit) this.#overlong = true;
    if (this.#overlong) write(this.rest());
  }
}
