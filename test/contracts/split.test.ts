import { expect, test } from 'vitest';
import { murmur2, OWN_BAND, predictRelease, splitClientsLines, splitOf } from '../../contracts/split.ts';

const release = (name: string, weight: number, role?: 'stable' | 'canary') => ({
  name,
  weight: weight * 100,
  role,
});
const keys = Array.from({ length: 20_000 }, (_, index) => `conversation-${index}`);
const assign = (releases: Parameters<typeof splitOf>[0], salt = '1') => {
  const split = splitOf(releases);
  return keys.map((key) => predictRelease(split, salt, key));
};

// Printed by Austin Appleby's MurmurHash2.cpp with seed 0, which nginx took over.
test.each([
  ['', 0x0],
  ['a', 0x92685f5e],
  ['abc', 0x13577c9b],
  ['abcd', 0x26873021],
  ['abcdefgh', 0x042287e6],
  ['abcdefghijk', 0x4a7439a6],
])('hashes %j as MurmurHash2', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash);
});

test('puts others first, the own band last, stable before canary', () => {
  const split = splitOf([release('v33', 15, 'canary'), release('public', 5), release('v32', 80, 'stable')]);
  expect(splitClientsLines(split.band)).toEqual(['5.00% public;', `* ${OWN_BAND};`]);
  expect(splitClientsLines(split.own)).toEqual(['84.21% v32;', '* v33;']);
});

test('leaves out what has weight 0', () => {
  const split = splitOf([release('v32', 100, 'stable'), release('v33', 0, 'canary'), release('public', 0)]);
  expect(split.own).toEqual([{ value: 'v32', share: 10_000 }]);
  expect(split.band).toEqual([{ value: OWN_BAND, share: 10_000 }]);
});

test('a model without weight has no release', () => {
  expect(predictRelease(splitOf([]), '1', 'x')).toBeUndefined();
});

test('a growing canary takes keys from stable alone', () => {
  const at = (canary: number) =>
    assign([release('v32', 95 - canary, 'stable'), release('v33', canary, 'canary'), release('public', 5)]);
  for (const [before, after] of [
    [at(5), at(10)],
    [at(10), at(20)],
  ] as const) {
    const moves = new Set(
      keys.flatMap((_, index) =>
        before[index] === after[index] ? [] : [`${before[index]}→${after[index]}`],
      ),
    );
    expect([...moves]).toEqual(['v32→v33']);
  }
});

test('a new salt at canary 0 moves nobody', () => {
  const releases = [release('v32', 95, 'stable'), release('v33', 0, 'canary'), release('public', 5)];
  expect(assign(releases, 'rollout-2')).toEqual(assign(releases, 'rollout-1'));
});

test('a new salt moves nobody between own and other releases', () => {
  const releases = [release('v32', 75, 'stable'), release('v33', 20, 'canary'), release('public', 5)];
  const isPublic = (salt: string) => assign(releases, salt).map((name) => name === 'public');
  expect(isPublic('rollout-2')).toEqual(isPublic('rollout-1'));
  expect(assign(releases, 'rollout-2')).not.toEqual(assign(releases, 'rollout-1'));
});
