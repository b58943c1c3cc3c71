import { createHash } from 'node:crypto';
import { ErrorReply } from '@redis/client';
import { z } from 'zod';
import type { Runtime } from '../../common/runtime.ts';
import type { RedisLink } from '../redis/link.ts';
import { type Ask, type Bounds, LIMITS, type Outcome, periodOf, type Standing } from './account.ts';
import { ADMIT, RENEW, SETTLE } from './redis-script.ts';

/** Counts for all gateways of an environment. Its calls throw what {@link RedisLink} throws. */
export interface RedisStore {
  admit(key: string, ask: Ask, bounds: Bounds): Promise<Standing>;
  /** @param unsure An earlier try may have been carried out. */
  settle(key: string, ask: Ask, outcome: Outcome, bounds: Bounds, unsure: boolean): Promise<Standing>;
  close(): void;
}

interface RedisStoreProps {
  readonly link: RedisLink;
  /** Keeps environments that share one Redis apart. */
  readonly environment: string;
  readonly runtime: Pick<Runtime, 'after' | 'date'>;
  /** For how long a slot or reservation is kept that nobody renews. */
  readonly leaseMs?: number;
}

/** Leases are renewed this often within their life. */
const RENEWALS = 3;

export function createRedisStore({
  link,
  environment,
  runtime,
  leaseMs = 30_000,
}: RedisStoreProps): RedisStore {
  const held = new Map<string, Set<string>>();
  let cancelRenewal = () => {};
  let closed = false;

  function names(key: string): [account: string, leases: string, amounts: string] {
    const tag = `fleet:{${environment}:${key}}`;
    return [`${tag}:account`, `${tag}:leases`, `${tag}:amounts`];
  }

  async function run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await link.command(['EVALSHA', script.sha, ...rest]);
    } catch (error) {
      if (!(error instanceof ErrorReply && error.message.startsWith('NOSCRIPT'))) throw error;
      return link.command(['EVAL', script.text, ...rest]);
    }
  }

  function scheduleRenewal(): void {
    cancelRenewal = runtime.after(leaseMs / RENEWALS, () => {
      for (const [key, leases] of held)
        if (leases.size > 0)
          run(RENEW_SCRIPT, [names(key)[1]], [String(leaseMs), ...leases]).catch(() => undefined);
      if (!closed) scheduleRenewal();
    });
  }
  scheduleRenewal();

  return {
    async admit(key, ask, { parallel, requestsPerMinute, tokensPerMinute, day, month }) {
      const period = periodOf(runtime.date());
      const args = [ask.lease, leaseMs, ask.tokens, ask.picoDollars, period.day, period.month].map(String);
      const limits = [parallel, requestsPerMinute, tokensPerMinute, day, month].map(
        (limit) => `${limit ?? ''}`,
      );
      const standing = standingOf(await run(ADMIT_SCRIPT, names(key), [...args, ...limits]));
      if (standing.refused === undefined) leasesOf(key).add(ask.lease);
      return standing;
    },
    async settle(key, { lease, tokens }, outcome, { requestsPerMinute, tokensPerMinute }, unsure) {
      held.get(key)?.delete(lease);
      const { day, month } = periodOf(runtime.date());
      const used = [outcome.tokens, outcome.picoDollars].map(String);
      const limits = [requestsPerMinute, tokensPerMinute].map((limit) => `${limit ?? ''}`);
      const args = [
        lease,
        String(tokens),
        ...used,
        flag(outcome.unsent),
        day,
        month,
        ...limits,
        flag(unsure),
      ];
      return standingOf(await run(SETTLE_SCRIPT, names(key), args));
    },
    close() {
      closed = true;
      cancelRenewal();
    },
  };

  function leasesOf(key: string): Set<string> {
    const leases = held.get(key) ?? new Set();
    held.set(key, leases);
    return leases;
  }
}

interface Script {
  readonly text: string;
  readonly sha: string;
}

function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

const ADMIT_SCRIPT = script(ADMIT);
const SETTLE_SCRIPT = script(SETTLE);
const RENEW_SCRIPT = script(RENEW);

const Reply = z.tuple([
  z.union([z.literal(''), z.enum(LIMITS)]),
  z.coerce.number(),
  z.coerce.number(),
  z.coerce.number(),
  z.coerce.bigint(),
  z.coerce.bigint(),
  z.coerce.bigint(),
]);

function standingOf(reply: unknown): Standing {
  const [refused, parallel, requests, tokens, reserved, spentDay, spentMonth] = Reply.parse(reply);
  return {
    refused: refused === '' ? undefined : refused,
    ...{ parallel, requests, tokens, reserved, spentDay, spentMonth },
  };
}

function flag(value: boolean): string {
  return value ? '1' : '0';
}
