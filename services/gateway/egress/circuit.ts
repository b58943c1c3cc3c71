export type CircuitState = 'closed' | 'half_open' | 'open';

/** Says whether an endpoint is worth a request. After a row of failures it is left alone, then tried by one request. */
export interface Circuit {
  /** @returns how to tell what became of an admitted request, or how long to stay away */
  admit(): Admission;
}

export type Admission =
  | { readonly admitted: true; readonly outcome: (how: Outcome) => void }
  | { readonly admitted: false; readonly retryAfterSeconds: number };

/** `unknown`: the client left before anything could be said of the endpoint. */
export type Outcome = 'good' | 'bad' | 'unknown';

/**
 * Opens after `failures` bad outcomes without a good one between them. After `openMs` one request is let through:
 * if its outcome is good the circuit closes, otherwise it stays open as long again.
 */
export function createCircuit({
  now,
  onState,
  failures = 5,
  openMs = 10_000,
}: {
  readonly now: () => number;
  readonly onState: (state: CircuitState) => void;
  readonly failures?: number;
  readonly openMs?: number;
}): Circuit {
  let state: CircuitState = 'closed';
  let bad = 0;
  let openUntil = 0;

  function become(next: CircuitState): void {
    if (next === state) return;
    state = next;
    onState(next);
  }

  function open(): void {
    openUntil = now() + openMs;
    become('open');
  }

  /** One that was admitted before the circuit opened says nothing of the endpoint as it is now. */
  function outcomeFrom(admittedIn: CircuitState): (how: Outcome) => void {
    let told = false;
    return (how) => {
      if (told || state !== admittedIn) return;
      told = true;
      if (how === 'good') {
        bad = 0;
        become('closed');
      } else if (state === 'half_open') {
        if (how === 'bad') open();
        else become('open');
      } else if (how === 'bad') {
        bad += 1;
        if (bad >= failures) open();
      }
    };
  }

  return {
    admit() {
      if (state === 'half_open') return { admitted: false, retryAfterSeconds: 1 };
      if (state === 'open') {
        const left = openUntil - now();
        if (left > 0) return { admitted: false, retryAfterSeconds: Math.ceil(left / 1_000) };
        become('half_open');
      }
      return { admitted: true, outcome: outcomeFrom(state) };
    },
  };
}
