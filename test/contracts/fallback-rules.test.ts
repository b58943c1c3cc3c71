import { describe, expect, test } from 'vitest';
import { maxConnectionsOf, releasesOf } from '../../contracts/release.ts';
import { environmentOf, type ReleaseSketch } from '../workloads/router-support.ts';

const MODEL = 'gpt-oss-120b';

/** What is said of a model with these releases; undefined if nothing is wrong. */
function complaint(releases: Readonly<Record<string, ReleaseSketch>>): string | undefined {
  try {
    environmentOf({ [MODEL]: releases });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const stable = (fallback?: ReleaseSketch['fallback']): ReleaseSketch => ({
  weight: 90,
  role: 'stable',
  fallback,
});
const canary = (fallback?: ReleaseSketch['fallback']): ReleaseSketch => ({
  weight: 10,
  role: 'canary',
  fallback,
});
const groq = (fallback?: ReleaseSketch['fallback']): ReleaseSketch => ({
  weight: 10,
  endpoint: true,
  fallback,
});

describe('a fallback', () => {
  test.each<[string, Readonly<Record<string, ReleaseSketch>>]>([
    ['from the canary to the stable release', { v32: stable(), v33: canary({ release: 'v32' }) }],
    ['from a public host to own nodes', { v32: stable(), groq: groq({ release: 'v32' }) }],
    [
      'from own nodes to a public host, if prompts may leave',
      { v32: stable({ release: 'groq', leavesSite: true }), groq: groq() },
    ],
    ['each to the other', { v32: stable({ release: 'v33' }), v33: canary({ release: 'v32' }) }],
  ])('%s is taken', (_, releases) => {
    expect(complaint(releases)).toBeUndefined();
  });

  test.each<[string, Readonly<Record<string, ReleaseSketch>>, RegExp]>([
    [
      'to a release that is not there',
      { v32: stable({ release: 'v34' }), v33: canary() },
      /releases\.v32\.fallback\.release: must name another release of gpt-oss-120b, got v34.*; others are v33 \(/,
    ],
    [
      'to itself',
      { v32: stable({ release: 'v32' }), v33: canary() },
      /must name another release of gpt-oss-120b, got v32.*; others are v33 \(/,
    ],
    [
      'of the only release',
      { v32: { ...stable({ release: 'v33' }), weight: 100 } },
      /got v33; this model has no other \(/,
    ],
    [
      'to a public host by the way',
      { v32: stable({ release: 'groq' }), groq: groq() },
      /releases\.v32\.fallback: groq is a public host: prompts of v32 would leave the site and cost money there; add `leavesSite: true`/,
    ],
    [
      'to own nodes that says prompts leave',
      { v32: stable(), groq: groq({ release: 'v32', leavesSite: true }) },
      /releases\.groq\.fallback\.leavesSite: is only for a public host, and v32 is none/,
    ],
  ])('%s is refused', (_, releases, message) => {
    expect(complaint(releases)).toMatch(message);
  });
});

describe('requests at a time', () => {
  test('of a public host are not limited here', () => {
    expect(complaint({ v32: stable(), groq: { ...groq(), maxConnections: 8 } })).toMatch(
      /releases\.groq\.maxConnections: is only for releases with servers of their own: nodes or url/,
    );
  });

  test.each<[string, ReleaseSketch, number | undefined]>([
    ['own nodes on L4', { weight: 100, role: 'stable' }, 256],
    ['own nodes on H100', { weight: 100, role: 'stable', machine: '8x-h100' }, 1024],
    ['own nodes on A100', { weight: 100, role: 'stable', machine: 'a2-ultragpu-8g' }, 256],
    ['own nodes that say how many', { weight: 100, role: 'stable', maxConnections: 3 }, 3],
    ['a url', { weight: 100, url: 'http://10.0.0.1:8000' }, undefined],
    ['a url that says how many', { weight: 100, url: 'http://10.0.0.1:8000', maxConnections: 9 }, 9],
  ])('of %s', (_, release, limit) => {
    const environment = environmentOf({ [MODEL]: { v32: release } });
    expect(releasesOf(environment).map((each) => maxConnectionsOf(environment, each))).toEqual([limit]);
  });
});
