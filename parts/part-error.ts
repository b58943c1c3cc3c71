import type { Holder } from './ports.ts';

/** What keeps a part from becoming true: says which part, what, and what to do. Never holds a secret's value. */
export class PartError extends Error {
  readonly part: string;

  constructor(part: string, message: string, options?: ErrorOptions) {
    super(`${part}: ${message}`, options);
    this.name = 'PartError';
    this.part = part;
  }
}

export interface TakenPort {
  readonly environment: string;
  readonly address: string;
  readonly port: number;
  /** Key of the environment file that sets the port. */
  readonly key: string;
  /** Undefined where the system does not tell. */
  readonly holder: Holder | undefined;
}

/** A port that a part must listen on belongs to another program. */
export class PortTakenError extends PartError {
  readonly taken: TakenPort;

  constructor(part: string, taken: TakenPort) {
    const { environment, address, port, key, holder } = taken;
    const who = holder === undefined ? 'an unknown holder' : `${holder.program} (pid ${holder.pid})`;
    super(
      part,
      `port ${port} of ${address} is taken by ${who}; end that program or choose another port in environments/${environment}.yaml: ${key}`,
    );
    this.name = 'PortTakenError';
    this.taken = taken;
  }
}
