import { describe, expect, test } from 'vitest';
import { drainWarnings } from '../../contracts/drain-rules.ts';
import { shippedEnvironment } from '../support/synth.ts';
import { complaintsAbout } from './cloud-support.ts';

const V32 = {
  prod: 'nodes: { machine: a3-highgpu-8g, count: 2, version: 0.32.0, drain: 80 }',
  staging: 'nodes: { machine: p5.48xlarge, preset: balanced, version: 0.32.0 }',
};

/** What is said of gpt-oss-120b v32 when its nodes have these keys too. */
function warned(name: 'prod' | 'staging', more: string): string[] {
  const environment = shippedEnvironment(name, (text) =>
    text.replace(V32[name], V32[name].replace(/(, drain: 80)? }/, `, ${more} }`)),
  );
  return drainWarnings(environment)
    .filter(({ path }) => path.join('.').startsWith('models.gpt-oss-120b.releases.v32'))
    .map(({ path, message }) => `${path.slice(4).join('.')}: ${message}`);
}

const GROUP =
  'nodes.drain: google gives about 90 s when a group gets smaller or repairs a machine, which leaves requests 80 s of the 81 s asked for; longer ones are cut: take machines only from a release at weight 0, or ask for 80';
const spot = (platform: string, given: number, left: number, asked: number) =>
  `nodes.drain: ${platform} gives about ${given} s when a spot machine is taken back, which leaves requests ${left} s of the ${asked} s asked for; longer ones are cut: serve short answers from spot machines, or give another source a larger count, or ask for ${left}`;
const spotOnly = (count: number) => `capacity: [{ from: spot, count: ${count} }]`;
const SOURCES = 'capacity: [{ from: on-demand, count: 1 }, { from: spot, count: 1 }]';

describe('a drain that the cloud cuts is said, with the numbers', () => {
  test.each<[string, 'prod' | 'staging', string, string[]]>([
    ['google, as long as a group gives', 'prod', 'drain: 80, port: 8000', []],
    ['google, a second longer', 'prod', 'drain: 81', [GROUP]],
    ['google, spot machines', 'prod', `drain: 20, ${spotOnly(2)}`, []],
    [
      'google, spot machines, a second longer',
      'prod',
      `drain: 21, ${spotOnly(2)}`,
      [spot('google', 30, 20, 21)],
    ],
    ['google, two sources', 'prod', `drain: 81, ${SOURCES}`, [GROUP, spot('google', 30, 20, 81)]],
    ['aws, a group', 'staging', 'drain: 7145', []],
    ['aws, spot machines', 'staging', `drain: 105, ${spotOnly(1)}`, []],
    [
      'aws, spot machines, a second longer',
      'staging',
      `drain: 106, ${spotOnly(1)}`,
      [spot('aws', 120, 105, 106)],
    ],
  ])('%s', (_what, name, more, warnings) => {
    expect(warned(name, more)).toEqual(warnings);
  });

  test.each(['local', 'dev'])('%s: its machines belong to nobody else', (name) => {
    const environment = shippedEnvironment(name, (text) => text.replace('drain: 5', 'drain: 86400'));
    expect(drainWarnings(environment)).toEqual([]);
  });
});

describe('a drain that nothing waits for', () => {
  test.each([
    ['google', 3545, []],
    [
      'google',
      3546,
      [
        'nodes.drain: google gives a machine whose host is maintained an hour, and no other more: at most 3545 seconds, got 3546',
      ],
    ],
  ] as const)('%s: %i s', (platform, drain, complaints) => {
    expect(complaintsAbout(platform, { nodes: { drain } })).toEqual(complaints);
  });
});
