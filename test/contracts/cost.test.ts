import { describe, expect, test } from 'vitest';
import { costOf } from '../../contracts/cost.ts';
import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { shippedEnvironment } from '../support/synth.ts';
import { cloudText } from './cloud-support.ts';

const costWith = (platform: 'google' | 'aws' | 'process', nodes: object, section: object = {}) =>
  costOf(parseEnvironment({ path: 'environments/test.yaml', text: cloudText(platform, { nodes, section }) }));

describe('what the machines of an environment cost', () => {
  test('count times list price, by the hour and by the month of 730 hours', () => {
    expect(costWith('google', { count: 2 })).toMatchObject({
      usdPerHour: 176.98,
      usdPerMonth: 129_195.4,
      unknownMachines: 0,
      releases: [
        {
          model: 'gpt-oss-120b',
          release: 'v32',
          machine: 'a3-highgpu-8g',
          rungs: [
            {
              from: 'on-demand',
              machines: 2,
              price: { usdPerHour: 88.49, region: 'us-central1', date: '2026-02-12' },
              ofOtherRegion: false,
            },
          ],
        },
      ],
    });
  });

  test('each rung at its own price: a reservation at the on-demand list price, flex-start unknown', () => {
    const capacity = [
      { from: 'reservation', reservation: 'mine', count: 1 },
      { from: 'on-demand', count: 1 },
      { from: 'flex-start', count: 2 },
      { from: 'spot', count: 1 },
    ];
    const { releases, ...sum } = costWith('google', { count: 5, capacity });
    expect(releases[0]?.rungs.map(({ from, usdPerHour }) => [from, usdPerHour])).toEqual([
      ['reservation', 88.49],
      ['on-demand', 88.49],
      ['flex-start', undefined],
      ['spot', 35.4],
    ]);
    expect(sum).toMatchObject({ usdPerHour: 212.38, unknownMachines: 2 });
  });

  test('an empty rung costs nothing and is not unknown', () => {
    const capacity = [
      { from: 'on-demand', count: 1 },
      { from: 'flex-start', count: 0 },
    ];
    expect(costWith('google', { count: 1, capacity })).toMatchObject({
      usdPerHour: 88.49,
      unknownMachines: 0,
    });
  });

  test('an unknown price is unknown and never zero', () => {
    const cost = costWith('aws', { capacity: [{ from: 'spot', count: 1 }] });
    expect(cost).toMatchObject({ usdPerHour: 0, unknownMachines: 1 });
    expect(cost.releases[0]?.rungs[0]).toMatchObject({ price: undefined, usdPerHour: undefined });
    expect(cost.breakEven).toEqual([]);
  });

  test('a price of another region is told', () => {
    const cost = costWith('google', {}, { region: 'europe-west4', zones: ['europe-west4-b'] });
    expect(cost.releases[0]?.rungs[0]).toMatchObject({ ofOtherRegion: true });
  });

  test('machines that are there anyway have no price', () => {
    expect(costWith('process', {})).toEqual({
      usdPerHour: 0,
      usdPerMonth: 0,
      unknownMachines: 0,
      releases: [],
      breakEven: [],
    });
  });
});

describe('break-even', () => {
  test('against the endpoint release of the model, else the catalogue', () => {
    const { breakEven } = costOf(shippedEnvironment('prod'));
    expect(breakEven).toEqual([
      // 3 × $88.49 / 3600 s / $0.60 per million
      {
        model: 'gpt-oss-120b',
        release: 'groq',
        outputPrice: 0.6,
        outputTokensPerSecond: expect.closeTo(122_902.8, 1),
      },
      // 2 × $0.8536 / 3600 s / $0.20 per million
      {
        model: 'gpt-oss-20b',
        release: undefined,
        outputPrice: 0.2,
        outputTokensPerSecond: expect.closeTo(2371.1, 1),
      },
    ]);
  });
});
