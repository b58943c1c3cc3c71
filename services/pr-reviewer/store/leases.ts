import { z } from 'zod';
import type { Runtime } from '../../common/runtime.ts';
import type { Store } from './store.ts';

/** A thing that one program works on at a time. */
export interface Lease {
  /** Aborted when it could not be held. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

export interface Leases {
  /** Undefined: another one has it. */
  take(name: string): Promise<Lease | undefined>;
}

/** Of a program that has the store for itself. */
export function ownLeases(): Leases {
  const taken = new Set<string>();
  return {
    async take(name) {
      if (taken.has(name)) return undefined;
      taken.add(name);
      return {
        lost: new AbortController().signal,
        async release() {
          taken.delete(name);
        },
      };
    },
  };
}

const Held = z.object({ holder: z.string(), until: z.number() });
const LEASE_MS = 60_000;
const RENEWAL_MS = 20_000;

/** Of many programs that share a store. Who dies holds it for a minute more. */
export function sharedLeases(store: Store, runtime: Runtime): Leases {
  return {
    async take(name) {
      const key = `leases/${name}`;
      const holder = runtime.uuid();
      const textOf = (until: number) => JSON.stringify({ holder, until });
      const end = () => runtime.date().getTime() + LEASE_MS;
      const found = await store.read(key);
      const free = found === undefined || Held.parse(JSON.parse(found.text)).until < runtime.date().getTime();
      if (!free) return undefined;
      const mine =
        found === undefined
          ? await store.create(key, textOf(end()))
          : await store.replace(key, textOf(end()), found.generation);
      if (!mine) return undefined;

      const lost = new AbortController();
      let cancel = () => {};
      let renewing = Promise.resolve();
      const renew = async () => {
        const now = await store.read(key);
        const held = now !== undefined && Held.parse(JSON.parse(now.text)).holder === holder;
        if (!held || !(await store.replace(key, textOf(end()), now.generation)))
          return lost.abort(new Error(`the lease of ${name} was lost`));
        schedule();
      };
      const schedule = () => {
        cancel = runtime.after(RENEWAL_MS, () => {
          renewing = renew().catch((error: unknown) => lost.abort(error));
        });
      };
      schedule();
      return {
        lost: lost.signal,
        async release() {
          cancel();
          await renewing;
          cancel();
          const now = await store.read(key);
          if (now !== undefined && Held.parse(JSON.parse(now.text)).holder === holder)
            await store.remove(key);
        },
      };
    },
  };
}
