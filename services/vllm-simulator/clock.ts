/** Time, as the simulator uses it. Tests pass one that they move by hand. */
export interface Clock {
  /** Monotonic time in milliseconds, with fractions. */
  now(): number;
  /** Milliseconds since the epoch. */
  wall(): number;
  /** Calls `callback` once, `milliseconds` from now or as soon as possible. Returns what cancels it. */
  schedule(callback: () => void, milliseconds: number): () => void;
}

/** The machine's clock. Delays under a millisecond become one turn of the event loop. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  schedule(callback, milliseconds) {
    if (milliseconds < 0.5) {
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(callback, Math.ceil(milliseconds));
    return () => clearTimeout(timer);
  },
};
