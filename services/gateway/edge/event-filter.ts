const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Sees every complete event of a stream of server-sent events before it is passed on. */
export interface EventFilter {
  /** Takes the next bytes, cut anywhere, and passes on those that are ready, in order. */
  push(chunk: Buffer, write: (bytes: Buffer) => void): void;
  /** What is held back of an event whose blank line has not come. */
  rest(): Buffer;
  /** Whether the bytes passed on so far end inside an event. */
  readonly midEvent: boolean;
}

/**
 * @param inspect Gets an event's bytes with their blank line; answers what to pass on: the same buffer, another
 * one, or undefined for nothing.
 * @param limit Bytes of one event that are held back at most; a longer event passes unseen.
 */
export function createEventFilter(
  inspect: (event: Buffer) => Buffer | undefined,
  limit = 4 * 1024 * 1024,
): EventFilter {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let lineBytes = 0;
  let lastByte = 0;
  let overlong = false;

  function release(): Buffer {
    const bytes = Buffer.concat(held, heldBytes);
    held = [];
    heldBytes = 0;
    return bytes;
  }

  function joined(end: Buffer): Buffer {
    held.push(end);
    heldBytes += end.length;
    return release();
  }

  function hold(bytes: Buffer, write: (bytes: Buffer) => void): void {
    if (bytes.length === 0) return;
    held.push(bytes);
    heldBytes += bytes.length;
    if (heldBytes > limit) overlong = true;
    if (overlong) write(release());
  }

  return {
    push(chunk, write) {
      let passed = 0;
      let eventStart = 0;
      let at = 0;
      for (let newline = chunk.indexOf(LINE_FEED); newline !== -1; newline = chunk.indexOf(LINE_FEED, at)) {
        const length = lineBytes + newline - at;
        const before = newline > at ? chunk[newline - 1] : lastByte;
        lineBytes = 0;
        at = newline + 1;
        if (length > 1 || (length === 1 && before !== CARRIAGE_RETURN)) continue;
        const start = eventStart;
        eventStart = at;
        if (overlong) {
          overlong = false;
          continue;
        }
        const bytes = chunk.subarray(start, at);
        const result = inspect(heldBytes === 0 ? bytes : joined(bytes));
        if (result === bytes) continue;
        if (start > passed) write(chunk.subarray(passed, start));
        if (result !== undefined) write(result);
        passed = at;
      }
      if (eventStart > passed) write(chunk.subarray(passed, eventStart));
      lineBytes += chunk.length - at;
      lastByte = chunk[chunk.length - 1] ?? lastByte;
      hold(chunk.subarray(eventStart), write);
    },
    rest: release,
    get midEvent() {
      return overlong;
    },
  };
}
