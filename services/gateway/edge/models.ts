import { closest } from 'fastest-levenshtein';
import type { CompressionConfig } from '../../../contracts/compression.ts';
import type { EdgeConfig } from '../../../contracts/gateway-config.ts';
import type { Price } from '../../../contracts/price.ts';
import { ApiError } from '../../common/http/errors.ts';
import type { RequestPolicy } from '../request-policy.ts';
import type { Deadlines } from './deadlines.ts';

/** A model with releases, as clients reach it by its own name or an alias. */
export interface ServedModel extends RequestPolicy, Deadlines {
  readonly name: string;
  /** Most tokens of prompt and answer together. */
  readonly contextTokens: number;
  readonly compression?: CompressionConfig;
  /** Silence of the upstream that ends a request. @default 600 */
  readonly idleSeconds?: number;
  /** Between comments before the first token of a stream; 0: none. @default 15 */
  readonly keepAliveSeconds?: number;
  readonly releases: ReadonlyMap<string, ServedRelease>;
}

export interface ServedRelease {
  readonly kind: 'nodes' | 'endpoint' | 'url';
  readonly price: Price;
  /** Whether a rollout may judge it. @default false */
  readonly trial?: boolean;
}

export interface ModelTable {
  /** The models with releases, in the configuration's order. */
  readonly served: readonly ServedModel[];
  /** Every name that a key may use, aliases included. @param allowed Those that the key names; absent: all. */
  namesFor(allowed: readonly string[] | undefined): readonly string[];
  /**
   * @param allowed As for `namesFor`. A name beyond it is answered as one that does not exist.
   * @throws ApiError 404 `model_not_found` that says what to do.
   */
  resolve(name: string, allowed?: readonly string[]): ServedModel;
}

/** @throws Error if an alias does not lead to a model with releases. */
export function createModelTable({ models, unmapped }: Pick<EdgeConfig, 'models' | 'unmapped'>): ModelTable {
  const served = Object.entries(models).flatMap(([name, model]) =>
    'alias' in model ? [] : [{ ...model, name, releases: new Map(Object.entries(model.releases)) }],
  );
  const byName = new Map(served.map((model) => [model.name, model]));
  for (const [name, model] of Object.entries(models)) {
    if (!('alias' in model)) continue;
    const target = served.find((candidate) => candidate.name === model.alias);
    if (target === undefined)
      throw new Error(`models.${name}.alias: must name a model with releases, got ${model.alias}`);
    byName.set(name, target);
  }
  const names = Object.keys(models);
  const namesFor = (allowed: readonly string[] | undefined) =>
    allowed === undefined ? names : names.filter((name) => allowed.includes(name));
  return {
    served,
    namesFor,
    resolve(name, allowed) {
      const model = byName.get(name);
      if (model !== undefined && (allowed === undefined || allowed.includes(name))) return model;
      const known = allowed === undefined && unmapped.includes(name);
      throw new ApiError(404, known ? unmappedText(name) : unknownText(name, namesFor(allowed)), {
        param: 'model',
        code: 'model_not_found',
      });
    },
  };
}

function unmappedText(name: string): string {
  return (
    `The model \`${name}\` is known, but this environment does not map it. ` +
    `Its operator can map it to an endpoint or an alias under \`models\` in the environment file.`
  );
}

/** Beyond this length no model is near, and looking for one would cost the square of it. */
const LONGEST_COMPARED = 100;

function unknownText(name: string, names: readonly string[]): string {
  if (name.length > LONGEST_COMPARED || names.length === 0)
    return 'The model does not exist. GET /v1/models lists those that do.';
  return (
    `The model \`${name}\` does not exist. Did you mean \`${closest(name, names)}\`? ` +
    'GET /v1/models lists those that do.'
  );
}

/** OpenAI's model object. `created` is when this configuration was loaded, in seconds. */
export function modelObject(name: string, created: number): Readonly<Record<string, unknown>> {
  return { id: name, object: 'model', created, owned_by: 'gpt-oss-fleet' };
}
