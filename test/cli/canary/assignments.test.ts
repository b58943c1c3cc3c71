import { describe, expect, test } from 'vitest';
import { wantedWeights } from '../../../cli/canary/assignments.ts';
import type { WeightedRelease } from '../../../contracts/split.ts';

const RELEASES: readonly WeightedRelease[] = [
  { name: 'v32', role: 'stable', weight: 8000 },
  { name: 'v33', role: 'canary', weight: 1500 },
  { name: 'public', weight: 500 },
];
const wanted = (...assignments: readonly string[]) => wantedWeights(assignments, 'gpt-oss-120b', RELEASES);

test.each([
  [['v32=70', 'v33=25'], { v32: 7000, v33: 2500, public: 500 }],
  [['v32=70', 'v33=20', 'public=10'], { v32: 7000, v33: 2000, public: 1000 }],
  [['canary=25'], { v32: 7000, v33: 2500, public: 500 }],
  [['canary=0'], { v32: 9500, v33: 0, public: 500 }],
  [['stable=0'], { v32: 0, v33: 9500, public: 500 }],
  [['canary=0.01'], { v32: 9499, v33: 1, public: 500 }],
  [['stable=60', 'canary=30', 'public=10'], { v32: 6000, v33: 3000, public: 1000 }],
])('%j gives %j', (assignments, weights) => {
  expect(wanted(...assignments)).toEqual(weights);
});

test.each([
  [['v33=30'], 'weights must add up to 100, got 115: v32=80 (as it is), v33=30, public=5 (as it is)'],
  [['v34=10', 'v32=85'], 'gpt-oss-120b has no release v34; did you mean v32?'],
  [['canary=96'], 'canary=96 is more than the 95 % that stable and canary have together'],
  [['v33=1.005', 'v32=93.995'], 'v33: must be 0 to 100 with at most two decimals, got 1.005'],
  [['v33=-1'], 'v33: must be 0 to 100 with at most two decimals, got -1'],
  [['v33=101'], 'v33: must be 0 to 100 with at most two decimals, got 101'],
  [['v33'], 'a weight is given as RELEASE=PERCENT, such as v33=10, got v33'],
  [['v33=10', 'canary=10'], 'v33 is given twice'],
])('%j is refused: %s', (assignments, message) => {
  expect(() => wanted(...assignments)).toThrow(message);
});

describe('names and roles', () => {
  test('a release that is called canary is meant before the role', () => {
    const named = [...RELEASES.slice(0, 2), { name: 'canary', weight: 500 }];
    expect(wantedWeights(['canary=5', 'v33=15'], 'm', named)).toEqual({ v32: 8000, v33: 1500, canary: 500 });
  });

  test('a role that no release has is an error that names the releases', () => {
    expect(() => wantedWeights(['canary=5'], 'm', [{ name: 'v32', weight: 10_000 }])).toThrow(
      'm has no release with role canary; name releases: v32',
    );
  });
});
