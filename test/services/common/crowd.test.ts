import { expect, test } from 'vitest';
import { createCrowd, type Member } from '../../../services/common/crowd.ts';
import { seeded } from '../../support/seeded.ts';

test('a crowd holds what came and has not gone, whatever the order', () => {
  const random = seeded(1);
  const all = Array.from({ length: 20 }, () => ({ place: 0 }));
  const [crowd, reference] = [createCrowd<Member>(), new Set<Member>()];
  for (let turn = 0; turn < 2_000; turn += 1) {
    const member = all[Math.floor(random() * all.length)];
    if (member === undefined) continue;
    if (reference.has(member) || turn % 7 === 0) {
      if (reference.delete(member)) crowd.delete(member);
    } else {
      reference.add(member);
      crowd.add(member);
    }
    expect(new Set(crowd.members)).toEqual(reference);
    expect(crowd.members).toHaveLength(reference.size);
  }
});

test('who has gone can go once more, and then nobody else does', () => {
  const crowd = createCrowd<Member>();
  const [one, other] = [{ place: 0 }, { place: 0 }];
  crowd.add(one);
  crowd.add(other);
  crowd.delete(one);
  crowd.delete(one);
  expect(crowd.members).toEqual([other]);
});
