import { setMaxListeners } from 'node:events';

/** Work that is under way, by key: who asks for the same joins it. */
export interface Flights<T> {
  /**
   * @param start Called if nothing is under way for the key. Its signal aborts when all who waited have left.
   * @param signal Lets this one leave.
   */
  join(key: string, start: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>;
}

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

export function createFlights<T>(): Flights<T> {
  const flights = new Map<string, Flight<T>>();

  function take(key: string, start: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const found = flights.get(key);
    if (found !== undefined) return found;
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    const flight = { result: start(controller.signal), controller, waiting: 0 };
    flights.set(key, flight);
    const over = () => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    flight.result.then(over, over);
    return flight;
  }

  return {
    async join(key, start, signal) {
      signal.throwIfAborted();
      const flight = take(key, start);
      flight.waiting += 1;
      let leave = () => {};
      const left = new Promise<never>((_, reject) => {
        leave = () => reject(signal.reason);
        signal.addEventListener('abort', leave);
      });
      try {
        return await Promise.race([flight.result, left]);
      } finally {
        signal.removeEventListener('abort', leave);
        flight.waiting -= 1;
        if (flight.waiting === 0) {
          if (flights.get(key) === flight) flights.delete(key);
          flight.controller.abort(signal.reason);
        }
      }
    },
  };
}

/** Runs at most `most` tasks at a time; the others wait in line until they are aborted. */
export function createLimiter(most: number): <T>(task: () => Promise<T>, signal: AbortSignal) => Promise<T> {
  const line: (() => void)[] = [];
  let running = 0;
  return async (task, signal) => {
    if (running >= most)
      await new Promise<void>((resolve, reject) => {
        const leave = () => {
          line.splice(line.indexOf(enter), 1);
          reject(signal.reason);
        };
        const enter = () => {
          signal.removeEventListener('abort', leave);
          resolve();
        };
        signal.throwIfAborted();
        signal.addEventListener('abort', leave);
        line.push(enter);
      });
    else running += 1;
    try {
      return await task();
    } finally {
      const next = line.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
