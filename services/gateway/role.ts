import type { Registry } from 'prom-client';
import type { Handler } from '../common/http/server.ts';
import type { Log, Runtime } from '../common/runtime.ts';
import type { GatewayState } from './config.ts';
import type { TokenCounter } from './tokens/counter.ts';

/** What the gateway does with requests: edge or egress. */
export interface Role {
  readonly handler: Handler;
  /** Takes a new configuration into use for requests to come. @throws Error if it is of another role. */
  adopt(state: GatewayState): void;
  /** Closes idle connections to upstreams, writes what is still to be written. */
  close(): Promise<void>;
}

/** What a role needs besides its configuration. */
export interface RoleTools {
  readonly registry: Registry;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly counter: TokenCounter;
}

export function roleChange(from: GatewayState['role'], to: GatewayState['role']): Error {
  return new Error(`role: cannot change from ${from} to ${to} while running; start another program`);
}
