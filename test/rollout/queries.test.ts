import { expect, test } from 'vitest';
import { type TrialResults, trialQueries, trialSample } from '../../rollout/queries.ts';

const at = (metric: Record<string, string>, value: number) => ({
  metric,
  value: [1000, `${value}`] as const,
});

test('both releases are asked for in one query each, and a dot in a name is a dot', () => {
  expect(trialQueries('gpt-oss-120b', ['v0.32', 'v33'], 299.7).requests).toBe(
    'sum by (release, group, outcome) (increase(oss_trial_requests_total{model="gpt-oss-120b",release=~"v0\\\\.32|v33"}[300s]))',
  );
});

test('cumulative buckets become counts, whatever their order', () => {
  const labels = { release: 'v33', group: 'f' };
  const results: TrialResults = {
    requests: [at({ ...labels, outcome: 'ok' }, 9), at({ ...labels, outcome: 'error' }, 1)],
    firstTokenBuckets: [
      at({ ...labels, cache: 'warm', le: '+Inf' }, 9),
      at({ ...labels, cache: 'warm', le: '0.1' }, 4),
      at({ ...labels, cache: 'warm', le: '0.2' }, 7),
    ],
    firstTokenSums: [at({ ...labels, cache: 'warm' }, 1.5)],
    interTokenBuckets: [at({ ...labels, le: '+Inf' }, 8)],
    interTokenSums: [at(labels, 0.1)],
  };
  const { stable, canary } = trialSample({ stable: 'v32', canary: 'v33' }, 300, results);
  expect(canary.groups).toHaveLength(16);
  expect(canary.groups[15]).toEqual({
    ...{ requests: 10, errors: 1 },
    firstToken: { warm: { bounds: [0.1, 0.2], counts: [4, 3, 2], sum: 1.5 } },
    interToken: { bounds: [], counts: [8], sum: 0.1 },
  });
  expect(stable.groups.every(({ requests }) => requests === 0)).toBe(true);
});

test('a gap in the data does not spread', () => {
  const results: TrialResults = {
    requests: [at({ release: 'v33', group: '0', outcome: 'ok' }, Number.NaN)],
    ...{ firstTokenBuckets: [], firstTokenSums: [], interTokenBuckets: [], interTokenSums: [] },
  };
  expect(trialSample({ stable: 'v32', canary: 'v33' }, 60, results).canary.groups[0]?.requests).toBe(0);
});
