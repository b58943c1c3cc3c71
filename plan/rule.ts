import type { Facts } from './facts.ts';
import type { Class } from './surroundings.ts';

export type Severity = 'deny' | 'warn' | 'off';
export type Topic =
  | 'network'
  | 'identity'
  | 'secret'
  | 'lifecycle'
  | 'storage'
  | 'software'
  | 'money'
  | 'traffic'
  | 'plan'
  | 'state';

/** What a rule saw at one place. Where it sees nothing, it passes. */
export interface Observation {
  /** `unknown`: the plan does not say, so nobody can know before the apply. */
  readonly result: 'fail' | 'unknown';
  /** The resource; absent: the plan as a whole. */
  readonly address?: string;
  /** What is there, in words, without a full stop. Never a value that might be a secret. */
  readonly message: string;
  /** The key of the environment file that says so. */
  readonly path?: readonly string[];
}

/** One rule: data, and a pure function. */
export interface Rule {
  /** Stable name, used in reports and in `checks.suppress`. */
  readonly id: string;
  readonly topic: Topic;
  /** What it demands, one line. */
  readonly title: string;
  readonly why: string;
  readonly fix: string;
  readonly severity: Readonly<Record<Class, Severity>>;
  readonly check: (facts: Facts) => readonly Observation[];
}

/** Topics in which what cannot be known is denied in production. */
const STRICT: readonly Topic[] = ['network', 'secret', 'lifecycle'];

export function severityOf({ severity, topic }: Rule, { result }: Observation, environment: Class): Severity {
  const full = severity[environment];
  if (result === 'fail' || full === 'off') return full;
  return environment === 'production' && STRICT.includes(topic) ? full : 'warn';
}

export const DENY = { development: 'deny', staging: 'deny', production: 'deny' } as const;
export const DENY_OUTSIDE_DEVELOPMENT = { development: 'warn', staging: 'deny', production: 'deny' } as const;
export const DENY_IN_PRODUCTION = { development: 'warn', staging: 'warn', production: 'deny' } as const;
export const PRODUCTION_ONLY = { development: 'off', staging: 'warn', production: 'deny' } as const;
export const WARN = { development: 'off', staging: 'warn', production: 'warn' } as const;

export function fail(address: string | undefined, message: string): Observation {
  return { result: 'fail', address, message };
}

export function unknown(address: string | undefined, message: string): Observation {
  return { result: 'unknown', address, message };
}
