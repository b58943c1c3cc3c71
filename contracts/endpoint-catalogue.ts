import type { Price } from './price.ts';

/** What of a host was read where, and when. None of the hosts was called. */
export interface CatalogueSource {
  readonly of: readonly CatalogueFact[];
  readonly from: string;
  /** ISO date. */
  readonly on: string;
}
export const CATALOGUE_FACTS = ['url', 'id of 120b', 'id of 20b', 'prices and caps'] as const;
export type CatalogueFact = (typeof CATALOGUE_FACTS)[number];

/** What is known of a public host that serves gpt-oss models. */
export interface CatalogueEndpoint {
  readonly sources: readonly CatalogueSource[];
  /** What was read nowhere: as the host's other models have it, or by its other names. */
  readonly unchecked?: readonly CatalogueFact[];
  /** Base URL; `{project}`, `{region}` and `{account}` are filled from the endpoint's own fields. */
  readonly url: string;
  /** `google`: an access token of a Google service account, no key. */
  readonly auth: 'bearer' | 'google';
  readonly models: Readonly<Record<string, CatalogueOffer>>;
}

export interface CatalogueOffer {
  /** The model's id at that host. */
  readonly id: string;
  readonly price: Price;
  /** Absent: the host names none. */
  readonly maxOutputTokens?: number;
}

type Rates = readonly [input: number, output: number, cachedInput?: number];

function offers(
  ids: (size: string) => string,
  prices: Readonly<Record<string, Rates>>,
  maxOutputTokens?: number,
): CatalogueEndpoint['models'] {
  return Object.fromEntries(
    Object.entries(prices).map(([size, [input, output, cachedInput]]) => [
      `gpt-oss-${size}`,
      { id: ids(size), price: { input, cachedInput, output }, maxOutputTokens },
    ]),
  );
}

const openai = (size: string) => `openai/gpt-oss-${size}`;

/** When prices and caps were read. They move; an environment's own values come first. */
export const ENDPOINT_CATALOGUE_DATE = '2026-07-02';

const MODELS_DEV: CatalogueSource = {
  of: ['id of 120b', 'prices and caps'],
  from: 'github.com/anomalyco/models.dev',
  on: ENDPOINT_CATALOGUE_DATE,
};

export const ENDPOINT_CATALOGUE = {
  groq: {
    sources: [MODELS_DEV, { of: ['url', 'id of 20b'], from: 'console.groq.com/docs', on: '2026-11-24' }],
    url: 'https://api.groq.com/openai/v1',
    auth: 'bearer',
    models: offers(openai, { '120b': [0.15, 0.6, 0.075], '20b': [0.075, 0.3] }, 65_536),
  },
  openrouter: {
    sources: [
      MODELS_DEV,
      { of: ['id of 20b'], from: 'openrouter.ai/openai/gpt-oss-20b', on: '2026-11-30' },
      {
        of: ['url'],
        from: 'openrouter.ai/docs/cookbook/coding-agents/cursor-integration, in passing',
        on: '2026-11-30',
      },
    ],
    url: 'https://openrouter.ai/api/v1',
    auth: 'bearer',
    models: offers(openai, { '120b': [0.03, 0.15], '20b': [0.029, 0.14] }, 131_072),
  },
  deepinfra: {
    sources: [MODELS_DEV],
    unchecked: ['url', 'id of 20b'],
    url: 'https://api.deepinfra.com/v1/openai',
    auth: 'bearer',
    models: offers(openai, { '120b': [0.039, 0.19], '20b': [0.03, 0.14] }, 16_384),
  },
  together: {
    sources: [MODELS_DEV],
    unchecked: ['url', 'id of 20b'],
    url: 'https://api.together.xyz/v1',
    auth: 'bearer',
    models: offers(openai, { '120b': [0.15, 0.6], '20b': [0.05, 0.2] }, 131_072),
  },
  fireworks: {
    sources: [
      MODELS_DEV,
      { of: ['url', 'id of 20b'], from: 'docs.agno.com and lava.so, not the host', on: '2026-11-24' },
    ],
    url: 'https://api.fireworks.ai/inference/v1',
    auth: 'bearer',
    models: offers((size) => `accounts/fireworks/models/gpt-oss-${size}`, {
      '120b': [0.15, 0.6],
      '20b': [0.07, 0.3],
    }),
  },
  cerebras: {
    sources: [MODELS_DEV, { of: ['url'], from: 'docs.pipecat.ai, not the host', on: '2026-11-30' }],
    url: 'https://api.cerebras.ai/v1',
    auth: 'bearer',
    models: offers((size) => `gpt-oss-${size}`, { '120b': [0.35, 0.75] }),
  },
  bedrock: {
    sources: [
      MODELS_DEV,
      { of: ['id of 20b'], from: "AWS's page on OpenAI models", on: '2026-11-24' },
      { of: ['url'], from: 'a sample of AWS', on: '2026-11-24' },
    ],
    url: 'https://bedrock-runtime.{region}.amazonaws.com/openai/v1',
    auth: 'bearer',
    models: offers(
      (size) => `openai.gpt-oss-${size}-1:0`,
      { '120b': [0.15, 0.6], '20b': [0.07, 0.3] },
      16_384,
    ),
  },
  vertex: {
    // Google's page writes the ids without `openai/`, models.dev with it.
    sources: [
      MODELS_DEV,
      {
        of: ['url', 'id of 20b'],
        from: 'docs.cloud.google.com/vertex-ai/generative-ai/docs/maas/openai',
        on: '2026-11-24',
      },
    ],
    url: 'https://{region}-aiplatform.googleapis.com/v1/projects/{project}/locations/{region}/endpoints/openapi',
    auth: 'google',
    models: offers(
      (size) => `openai/gpt-oss-${size}-maas`,
      { '120b': [0.09, 0.36], '20b': [0.07, 0.25] },
      32_768,
    ),
  },
} as const satisfies Readonly<Record<string, CatalogueEndpoint>>;

export type CatalogueName = keyof typeof ENDPOINT_CATALOGUE;
export const CATALOGUE_NAMES = Object.keys(ENDPOINT_CATALOGUE) as CatalogueName[];

export function offerOf(host: CatalogueName | undefined, model: string): CatalogueOffer | undefined {
  const entry: CatalogueEndpoint | undefined = host === undefined ? undefined : ENDPOINT_CATALOGUE[host];
  return entry?.models[model];
}

/** The URL with its placeholders filled, and the placeholders that nothing was given for. */
export function catalogueUrl(
  host: CatalogueName,
  values: Readonly<Record<string, unknown>>,
): { readonly url: string; readonly missing: readonly string[] } {
  const missing: string[] = [];
  const url = ENDPOINT_CATALOGUE[host].url.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (typeof value === 'string') return value;
    if (!missing.includes(name)) missing.push(name);
    return whole;
  });
  return { url, missing };
}
