import type { Price } from './price.ts';

/** What is known of a public host that serves gpt-oss models. */
export interface CatalogueEndpoint {
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

/** When prices and caps were read: anomalyco/models.dev. They move; an environment's own values come first. */
export const ENDPOINT_CATALOGUE_DATE = '2026-07-02';

/**
 * Prices, caps and the ids of 120b: anomalyco/models.dev. None of these hosts was called from here. The rest:
 * - groq: URL and id of 20b from console.groq.com/docs. bedrock: ids from AWS's page on OpenAI models, path from an AWS sample.
 * - fireworks: URL and id of 20b from docs.agno.com and lava.so, not from the host.
 * - vertex: URL and ids of docs.cloud.google.com, which writes the ids without `openai/`; models.dev with it. Untried.
 * - openrouter, deepinfra, together, cerebras: URL, and ids of 20b by the pattern of 120b, not checked against a page.
 */
export const ENDPOINT_CATALOGUE = {
  groq: {
    url: 'https://api.groq.com/openai/v1',
    auth: 'bearer',
    models: offers(openai, { '120b': [0.15, 0.6, 0.075], '20b': [0.075, 0.3] }, 65_536),
  },
  openrouter: {
    url: 'https://openrouter.ai/api/v1',
    auth: 'bearer',
    models: offers(openai, { '120b': [0.03, 0.15], '20b': [0.029, 0.14] }, 131_072),
  },
  deepinfra: {
    url: 'https://api.deepinfra.com/v1/openai',
    auth: 'bearer',
    models: offers(openai, { '120b': [0.039, 0.19], '20b': [0.03, 0.14] }, 16_384),
  },
  together: {
    url: 'https://api.together.xyz/v1',
    auth: 'bearer',
    models: offers(openai, { '120b': [0.15, 0.6], '20b': [0.05, 0.2] }, 131_072),
  },
  fireworks: {
    url: 'https://api.fireworks.ai/inference/v1',
    auth: 'bearer',
    models: offers((size) => `accounts/fireworks/models/gpt-oss-${size}`, {
      '120b': [0.15, 0.6],
      '20b': [0.07, 0.3],
    }),
  },
  cerebras: {
    url: 'https://api.cerebras.ai/v1',
    auth: 'bearer',
    models: offers((size) => `gpt-oss-${size}`, { '120b': [0.35, 0.75] }),
  },
  bedrock: {
    url: 'https://bedrock-runtime.{region}.amazonaws.com/openai/v1',
    auth: 'bearer',
    models: offers(
      (size) => `openai.gpt-oss-${size}-1:0`,
      { '120b': [0.15, 0.6], '20b': [0.07, 0.3] },
      16_384,
    ),
  },
  vertex: {
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
