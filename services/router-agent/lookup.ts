import { lookup as ask } from 'node:dns/promises';
import type { Lookup } from './candidates.ts';

/** Asks the system's resolver. While a name does not resolve, the addresses it last had stay. */
export function createLookup(): Lookup {
  const last = new Map<string, readonly string[]>();
  return async (name) => {
    const found = await ask(name, { all: true }).catch(() => undefined);
    const addresses = found?.map(({ address }) => address) ?? last.get(name) ?? [];
    last.set(name, addresses);
    return addresses;
  };
}
