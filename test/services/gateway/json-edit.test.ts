import { describe, expect, test } from 'vitest';
import { editMembers } from '../../../services/gateway/json-edit.ts';

function edit(text: string, members: Record<string, unknown>): string {
  return editMembers(Buffer.from(text), JSON.parse(text), members).toString();
}

describe('only the named members change', () => {
  test.each([
    ['a present string', '{"a":"x","b":1}', { a: 'y' }, '{"a":"y","b":1}'],
    ['a present number', '{"a":12,"b":1}', { a: 3 }, '{"a":3,"b":1}'],
    ['a present object', '{"a":{"x":[1,{"a":2}]},"b":1}', { a: null }, '{"a":null,"b":1}'],
    ['the last member', '{"b":1,"a":true}', { a: false }, '{"b":1,"a":false}'],
    ['a number at the very end', '{"a":1}', { a: 2 }, '{"a":2}'],
    ['with spaces', ' { "a" :\t1 ,\n"b" : 2 } ', { a: 9 }, '{ "a" :\t9 ,\n"b" : 2 } '],
    ['an absent one is added', '{"b":1}', { a: 2 }, '{"a":2,"b":1}'],
    ['one is added to nothing', '{}', { a: 2 }, '{"a":2}'],
    ['one is replaced, one added', '{"b":1}', { a: 2, b: 3 }, '{"a":2,"b":3}'],
    ['every duplicate', '{"a":1,"b":2,"a":3}', { a: 9 }, '{"a":9,"b":2,"a":9}'],
    ['a key written with escapes', '{"\\u0061":1,"b":2}', { a: 9 }, '{"\\u0061":9,"b":2}'],
    ['not a member of the same name inside', '{"b":{"a":1},"a":2}', { a: 9 }, '{"b":{"a":1},"a":9}'],
    ['past braces and quotes in strings', '{"b":"}\\"{,\\\\","a":2}', { a: 9 }, '{"b":"}\\"{,\\\\","a":9}'],
    [
      'past numbers that JavaScript cannot hold',
      '{"n":12345678901234567890,"a":1}',
      { a: 2 },
      '{"n":12345678901234567890,"a":2}',
    ],
    ['past text beyond ASCII', '{"b":"日本🌍","a":"ü"}', { a: 'ö' }, '{"b":"日本🌍","a":"ö"}'],
  ])('%s', (_case, text, members, expected) => {
    expect(edit(text, members)).toBe(expected);
  });

  test('without members the same buffer comes back', () => {
    const json = Buffer.from('{"a":1}');
    expect(editMembers(json, { a: 1 }, {})).toBe(json);
  });

  test('a body of 20 MB is edited behind its text', () => {
    const long = 'x\\"'.repeat(7_000_000);
    expect(edit(`{"b":"${long}","a":1}`, { a: 2 }).endsWith('","a":2}')).toBe(true);
  });

  test('random objects parse to the same with the change', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % below;
    };
    const value = (depth: number): unknown => {
      const kinds = [null, true, -1.5e3, 'a"b\\', '{[,:', ''];
      const kind = random(depth > 3 ? kinds.length : kinds.length + 2);
      if (kind < kinds.length) return kinds[kind];
      const items = Array.from({ length: random(4) }, (_, index) => [`k${index}`, value(depth + 1)] as const);
      return kind === kinds.length ? items.map(([, item]) => item) : Object.fromEntries(items);
    };
    for (let round = 0; round < 500; round += 1) {
      const document = { first: value(0), model: value(0), last: value(0) };
      const text = JSON.stringify(document, null, random(3));
      expect(JSON.parse(edit(text, { model: 'm', added: 1 }))).toEqual({ ...document, model: 'm', added: 1 });
    }
  });
});
