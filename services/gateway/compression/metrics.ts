import { Counter, Gauge, type Registry } from 'prom-client';
import { toDollars } from '../../../contracts/price.ts';
import { FAILURES, type FailureReason } from './failure.ts';

/**
 * What became of a request's conversation.
 * - `short`: below the threshold, or nothing to replace
 * - `hit`, `made`: replaced by summaries that were there; at least one had to be made
 * - `off`: the client or its key does not want it
 * - `unsupported`: no list of messages that can be cut, such as a Responses request that continues a stored one
 * - `failed`: no summary could be had
 */
export const OUTCOMES = ['short', 'hit', 'made', 'off', 'unsupported', 'failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What one compressed request saved, in pico-dollars. */
export interface Saving {
  /** Replaced tokens at the full input price. */
  readonly gross: number;
  /** Tokens that the prefix cache no longer had, at what it takes off the price. */
  readonly lostCache: number;
}

export interface CompressionMetrics {
  /** Makes every series of these models exist. */
  introduce(models: readonly string[]): void;
  /** @param removed Tokens that the request is shorter by. */
  done(model: string, outcome: Outcome, removed: number): void;
  failed(model: string, reason: FailureReason): void;
  /** Summaries of a request that were there. */
  found(model: string, summaries: number): void;
  /** A request for a summary is over. @param cost In pico-dollars, as far as known. */
  asked(model: string, cost: number): void;
  saved(model: string, saving: Saving): void;
}

export function createCompressionMetrics(registry: Registry): CompressionMetrics {
  const registers = [registry];
  const labelNames = ['model'];
  const requests = new Counter({
    name: 'oss_compression_requests_total',
    help: 'Requests to models with compression, by what became of the conversation',
    labelNames: ['model', 'outcome'],
    registers,
  });
  const steps = new Counter({
    name: 'oss_compression_steps_total',
    help: 'Requests for which summaries were made: there the prompt changed and its cached prefix was cut',
    labelNames,
    registers,
  });
  const summaries = new Counter({
    name: 'oss_compression_summaries_total',
    help: 'Summaries that were there when a request needed them, and those that the summariser was asked for',
    labelNames: ['model', 'source'],
    registers,
  });
  const failures = new Counter({
    name: 'oss_compression_failures_total',
    help: 'Conversations that were not compressed although they should have been',
    labelNames: ['model', 'reason'],
    registers,
  });
  const tokens = new Counter({
    name: 'oss_compression_tokens_removed_total',
    help: 'Tokens of conversations less those of their summaries, by o200k_harmony',
    labelNames,
    registers,
  });
  const net = new Gauge({
    name: 'oss_compression_net_saved_usd',
    help: 'US dollars saved since the start: gross less summaries less lost cache hits (an estimate)',
    labelNames,
    registers,
  });
  const parts = {
    gross: 'oss_compression_gross_saved_usd',
    summaries: 'oss_compression_summaries_cost_usd',
    lostCache: 'oss_compression_lost_cache_usd',
  };
  const gross = new Counter({
    name: parts.gross,
    help: 'Removed tokens at the input price of the release that answered',
    labelNames,
    registers,
  });
  const cost = new Counter({
    name: parts.summaries,
    help: 'What the summaries cost, which is part of oss_token_cost_usd too',
    labelNames,
    registers,
  });
  const lost = new Counter({
    name: parts.lostCache,
    help: 'Estimate: what the prefix cache would have taken off without compression and did not',
    labelNames,
    registers,
  });

  return {
    introduce(models) {
      for (const model of models) {
        for (const outcome of OUTCOMES) requests.inc({ model, outcome }, 0);
        for (const reason of FAILURES) failures.inc({ model, reason }, 0);
        for (const source of ['hit', 'made']) summaries.inc({ model, source }, 0);
        for (const counter of [steps, tokens, gross, cost, lost]) counter.inc({ model }, 0);
        net.inc({ model }, 0);
      }
    },
    done(model, outcome, removed) {
      requests.inc({ model, outcome });
      tokens.inc({ model }, removed);
      if (outcome === 'made') steps.inc({ model });
    },
    failed: (model, reason) => failures.inc({ model, reason }),
    found: (model, count) => summaries.inc({ model, source: 'hit' }, count),
    asked(model, picoDollars) {
      summaries.inc({ model, source: 'made' });
      cost.inc({ model }, toDollars(picoDollars));
      net.dec({ model }, toDollars(picoDollars));
    },
    saved(model, saving) {
      gross.inc({ model }, toDollars(saving.gross));
      lost.inc({ model }, toDollars(saving.lostCache));
      net.inc({ model }, toDollars(saving.gross - saving.lostCache));
    },
  };
}
