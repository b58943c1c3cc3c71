import type { Runtime } from '../../common/runtime.ts';
import { Account, type Ask, type Bounds, type Outcome, periodOf, type Standing } from './account.ts';

/** Where it is counted what keys use. */
export interface LimitStore {
  /** Lets a request in, or says which limit keeps it out: one indivisible step over all limits of the key. */
  admit(key: string, ask: Ask, bounds: Bounds): Standing | Promise<Standing>;
  /** Ends what `admit` began. Nobody waits for it. */
  settle(key: string, ask: Ask, outcome: Outcome, bounds: Bounds): Standing | Promise<Standing>;
}

/** Counts for this gateway alone, at once. */
export interface MemoryStore extends LimitStore {
  admit(key: string, ask: Ask, bounds: Bounds): Standing;
  settle(key: string, ask: Ask, outcome: Outcome, bounds: Bounds): Standing;
  /** Takes over what is known to have been spent elsewhere. */
  learn(key: string, standing: Standing): void;
}

export function createMemoryStore(runtime: Pick<Runtime, 'now' | 'date'>): MemoryStore {
  const accounts = new Map<string, Account>();
  const period = () => periodOf(runtime.date());

  function accountOf(key: string): Account {
    const known = accounts.get(key);
    if (known !== undefined) return known;
    const account = new Account();
    accounts.set(key, account);
    return account;
  }

  return {
    admit: (key, ask, bounds) => accountOf(key).admit(ask, bounds, runtime.now(), period()),
    settle: (key, ask, outcome, bounds) =>
      accountOf(key).settle(ask, outcome, bounds, runtime.now(), period()),
    learn: (key, standing) => accountOf(key).learn(standing, period()),
  };
}
