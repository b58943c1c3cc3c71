import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  CATALOGUE_FACTS,
  type CatalogueEndpoint,
  catalogueUrl,
  ENDPOINT_CATALOGUE,
} from '../../contracts/endpoint-catalogue.ts';
import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { hostedModelOf, priceOf, releasesOfModel } from '../../contracts/release.ts';
import { ROOT } from '../support/local-project.ts';

const prod = readFileSync(join(ROOT, 'environments/prod.yaml'), 'utf8');
const SHORT = 'groq: { catalogue: groq, bearer: groq-key }';

function parsed(endpoint: string, release = 'endpoint: { host: groq }') {
  const text = prod.replace(SHORT, endpoint).replace('endpoint: { host: groq }', release);
  return parseEnvironment({ path: 'environments/prod.yaml', text });
}

function groq(environment: ReturnType<typeof parsed>) {
  const release = releasesOfModel(environment, 'gpt-oss-120b').find(({ name }) => name === 'groq');
  if (release === undefined) throw new Error('no release groq');
  return {
    price: priceOf(environment, release),
    hosted: hostedModelOf(environment, 'gpt-oss-120b', release.document),
  };
}

test.each(Object.entries<CatalogueEndpoint>(ENDPOINT_CATALOGUE))(
  'of %s every fact has a source with a date, or is said to have none',
  (_host, { sources, unchecked = [], models }) => {
    const facts = sources.flatMap(({ of }) => of);
    const offered = CATALOGUE_FACTS.filter((fact) => fact !== 'id of 20b' || 'gpt-oss-20b' in models);
    expect([...facts, ...unchecked].toSorted()).toEqual(offered.toSorted());
    for (const { from, on } of sources) {
      expect(from.length).toBeGreaterThan(5);
      expect(new Date(on).toISOString().slice(0, 10)).toBe(on);
    }
  },
);

test('a known host needs its key alone: url, id, cap and price are the catalogue’s', () => {
  const environment = parsed(SHORT);
  expect(environment.endpoints.groq?.url).toBe('https://api.groq.com/openai/v1');
  expect(groq(environment)).toEqual({
    price: { input: 0.15, cachedInput: 0.075, output: 0.6 },
    hosted: { host: 'groq', id: 'openai/gpt-oss-120b', maxOutputTokens: 65_536 },
  });
});

test('what the file says comes first', () => {
  const environment = parsed(
    'groq: { catalogue: groq, url: https://eu.example/v1, bearer: groq-key }',
    'price: { input: 1, output: 2 }\n        endpoint: { host: groq, model: mine, maxOutputTokens: 9 }',
  );
  expect(environment.endpoints.groq?.url).toBe('https://eu.example/v1');
  expect(groq(environment)).toEqual({
    price: { input: 1, output: 2 },
    hosted: { host: 'groq', id: 'mine', maxOutputTokens: 9 },
  });
});

test('Vertex takes its place from the endpoint and signs in by the own identity', () => {
  const environment = parsed('groq: { catalogue: vertex, project: my-project, region: us-central1 }');
  expect(environment.endpoints.groq).toMatchObject({
    auth: 'google',
    url: 'https://us-central1-aiplatform.googleapis.com/v1/projects/my-project/locations/us-central1/endpoints/openapi',
  });
});

test.each([
  ['no url and no catalogue', 'groq: { bearer: groq-key }', 'give `url`, or `catalogue`'],
  ['an unknown host', 'groq: { catalogue: grok }', 'endpoints.groq.catalogue'],
  ['Vertex without a project', 'groq: { catalogue: vertex, region: us-central1 }', 'needs `project`'],
  ['two ways to sign in', 'groq: { catalogue: groq, bearer: groq-key, auth: google }', 'not both'],
  ['a model the host has not', 'groq: { url: https://a.example/v1 }', 'no catalogue says how groq calls'],
  ['a proxy over TLS', 'groq: { catalogue: groq, proxy: "https://p" }', 'http://'],
])('%s is refused', (_case, endpoint, message) => {
  expect(() => parsed(endpoint)).toThrow(message);
});

test('a Google identity is for platform google', () => {
  const text = readFileSync(join(ROOT, 'environments/staging.yaml'), 'utf8').replace(
    SHORT,
    'groq: { catalogue: vertex, project: p, region: us-central1 }',
  );
  expect(() => parseEnvironment({ path: 'environments/staging.yaml', text })).toThrow('platform is aws');
});

describe.each(Object.entries(ENDPOINT_CATALOGUE))('%s', (name, { models }) => {
  test('has a URL over TLS without open ends', () => {
    const filled = catalogueUrl(name as keyof typeof ENDPOINT_CATALOGUE, { project: 'p', region: 'r' });
    expect(filled.missing).toEqual([]);
    expect(new URL(filled.url).protocol).toBe('https:');
  });
  test('has prices above zero, the output dearer than the input', () => {
    for (const { price } of Object.values(models)) {
      expect(price.input).toBeGreaterThan(0);
      expect(price.output).toBeGreaterThan(price.input);
    }
  });
});
