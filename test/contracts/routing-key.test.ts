import { expect, test } from 'vitest';
import { routingKey } from '../../contracts/routing-key.ts';

const opening = [
  { role: 'system', content: 'be brief' },
  { role: 'user', content: 'hello' },
];
const secondTurn = [...opening, { role: 'assistant', content: 'hi' }, { role: 'user', content: 'and now?' }];
const key = (body: unknown, conversation?: string, keyId = 'team-a') =>
  routingKey(keyId, { model: 'gpt-oss-120b', body, conversation });

test('two turns of one conversation have the same key', () => {
  expect(key({ messages: secondTurn })).toBe(key({ messages: opening }));
});

test('another opening, another key', () => {
  expect(key({ messages: [opening[0], { role: 'user', content: 'goodbye' }] })).not.toBe(
    key({ messages: opening }),
  );
});

test('another system message, another key', () => {
  expect(key({ messages: [{ role: 'system', content: 'be long' }, opening[1]] })).not.toBe(
    key({ messages: opening }),
  );
});

test('the same conversation under another API key has another key', () => {
  expect(key({ messages: opening }, undefined, 'team-b')).not.toBe(key({ messages: opening }));
});

test('the header goes before the cache key, the cache key before the messages', () => {
  const body = { messages: opening, prompt_cache_key: 'p' };
  expect(key(body, 'c')).toBe(key({}, 'c'));
  expect(key(body)).toBe(key({ prompt_cache_key: 'p' }));
  expect(key(body, 'c')).not.toBe(key(body));
});

test('a cache key cannot pose as a conversation', () => {
  expect(key({ prompt_cache_key: 'x' })).not.toBe(key({}, 'x'));
});

test('Responses requests are recognised by instructions and first input', () => {
  const first = { instructions: 'be brief', input: [{ role: 'user', content: 'hello' }] };
  const later = {
    instructions: 'be brief',
    input: [...first.input, { role: 'assistant', content: 'hi' }, { role: 'user', content: 'more' }],
  };
  expect(key(later)).toBe(key(first));
});

test.each([[undefined], [null], ['text'], [{ messages: 'no list' }], [{ messages: [{}] }]])(
  'a body %j still has a key',
  (body) => {
    expect(key(body)).toMatch(/^[0-9a-f]{32}$/);
  },
);
