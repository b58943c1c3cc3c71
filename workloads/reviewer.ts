import type { Environment } from '../contracts/environment.ts';
import type { Price } from '../contracts/price.ts';
import { priceOf, releasesOfModel } from '../contracts/release.ts';
import { ReviewerConfig } from '../contracts/reviewer-config.ts';
import { type Document, jsonDocument } from './document.ts';
import type { Topology } from './topology.ts';

/** Seconds that running reviews may take to end; a platform's own grace must be longer. */
export const REVIEWER_DRAIN_SECONDS = 8;

/** What of the reviewer one program does, and where its jobs and its memory are. */
export interface ReviewerPlace extends Pick<ReviewerConfig, 'queue' | 'store'> {
  readonly does: readonly ('receive' | 'work')[];
}

/** Names of the secrets that a program of the reviewer reads. */
export function reviewerSecrets({ reviewer }: Environment, does: ReviewerPlace['does']): string[] {
  if (reviewer === undefined) return [];
  const { webhookSecret, privateKey, gatewayKey } = reviewer;
  return [
    ...(does.includes('receive') ? [webhookSecret] : []),
    ...(does.includes('work') ? [privateKey, gatewayKey] : []),
  ];
}

/** reviewer.json. What takes webhooks knows no key of GitHub's or the gateway's. */
export function reviewerDocument(
  environment: Environment,
  topology: Pick<Topology, 'secret'>,
  { does, queue, store }: ReviewerPlace,
): Document {
  const { reviewer, name } = environment;
  if (reviewer === undefined) throw new Error(`environment ${name} has no reviewer`);
  const secret = (field: 'webhookSecret' | 'privateKey' | 'gatewayKey') =>
    topology.secret(reviewer[field], 'reviewer');
  const { repositories, requestsPerMinute, reviewsPerHour, parallel, longest, api, app, model } = reviewer;
  const config: ReviewerConfig = {
    environment: name,
    ...(does.includes('receive')
      ? { receive: { webhookSecret: secret('webhookSecret'), repositories, requestsPerMinute } }
      : {}),
    ...(does.includes('work')
      ? {
          work: {
            github: { api, appId: app, privateKey: secret('privateKey') },
            gatewayKey: secret('gatewayKey'),
            ...{ model, reviewsPerHour, parallel, longestSeconds: longest },
            prices: pricesOf(environment, model),
          },
        }
      : {}),
    ...{ queue, store, drainSeconds: REVIEWER_DRAIN_SECONDS },
  };
  return jsonDocument(ReviewerConfig.parse(config));
}

/** Of each release of the model that has a price. */
function pricesOf(environment: Environment, name: string): Record<string, Price> {
  const model = environment.models[name]?.alias ?? name;
  return Object.fromEntries(
    releasesOfModel(environment, model).flatMap((release) => {
      const price = priceOf(environment, release);
      return price === undefined ? [] : [[release.name, price]];
    }),
  );
}
