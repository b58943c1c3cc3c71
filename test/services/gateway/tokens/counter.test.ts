import { resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { systemRuntime } from '../../../../services/common/runtime.ts';
import { createTokenCounter } from '../../../../services/gateway/tokens/counter.ts';
import { segments } from '../../../../services/gateway/tokens/segments.ts';

const PROGRAM = pathToFileURL(resolve(import.meta.dirname, '../../../../dist/services/gateway-tokens.js'));

function create(more: Partial<Parameters<typeof createTokenCounter>[0]> = {}) {
  return createTokenCounter({ program: PROGRAM, runtime: systemRuntime, onFailure: () => {}, ...more });
}

function counter(more: Parameters<typeof create>[0]) {
  const created = create(more);
  onTestFinished(() => created.close());
  return created;
}

const shared = create();
afterAll(() => shared.close());

/** No two neighbours are alike, and no space or sign stands between them. */
function chinese(length: number): string {
  return Array.from({ length }, (_, index) => String.fromCharCode(0x4e00 + ((index * 7919) % 20_000))).join(
    '',
  );
}

test.each([
  ['', 0],
  ['hello world', 2],
  ['The quick brown fox jumps over the lazy dog.', 10],
  ['  indented\n\n\tcode()', 6],
])('%j has %i tokens', async (text, tokens) => {
  expect(await shared.count([text])).toEqual([tokens]);
});

test('text that looks like a special token is text', async () => {
  const [special, plain] = await shared.count(['<|start|>system<|message|>', 'a<|end|>b']);
  expect(special).toBeGreaterThan(3);
  expect(plain).toBeGreaterThan(3);
});

test('counts come back in order, and the long ones cut nothing off', async () => {
  const unit = 'Tokens are counted, one by one. ';
  const [once = 0, many] = await shared.count([unit, unit.repeat(2000)]);
  expect(many).toBeGreaterThanOrEqual(once * 2000 - 2000);
  expect(many).toBeLessThanOrEqual(once * 2000);
});

test.each([
  ['Chinese characters', chinese(45_000)],
  ['letters', 'a'.repeat(45_000)],
  ['spaces', ' '.repeat(45_000)],
  ['signs', '=-'.repeat(22_500)],
  ['emoji', '😀'.repeat(22_500)],
])(
  'an unbroken run of 45,000 %s takes no longer per character than a short one, and the event loop goes on',
  async (_name, text) => {
    const { count } = shared;
    const short = text.slice(0, 4500);
    await count([short]);
    const timed = async (texts: readonly string[]) => {
      const began = performance.now();
      await count(texts);
      return performance.now() - began;
    };
    const ten = await timed(Array.from({ length: 10 }, (_, index) => `${index}${short}`));
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const one = await timed([text]);
    delay.disable();
    expect(one).toBeLessThan(40 * ten + 500);
    expect(delay.max / 1e6).toBeLessThan(1000);
  },
);

test('cutting long runs keeps every character, and characters whole', () => {
  for (const text of [chinese(1000), '😀'.repeat(501), 'a b', `${'x'.repeat(300)} ${' '.repeat(300)}`, '']) {
    const cut = segments(text);
    expect(cut.join('')).toBe(text);
    expect(cut.map((part) => Buffer.from(part).toString())).toEqual(cut);
  }
});

test('a cut adds little to a count', async () => {
  const { count } = shared;
  const broken = Array.from({ length: 300 }, (_, index) => `${chinese(120 + index).slice(index)}。`).join(
    ' ',
  );
  const [whole = 0] = await count([broken]);
  const [cut = 0] = await count([broken.replaceAll(' ', '')]);
  expect(cut / whole).toBeLessThan(1.05);
});

test.each([
  ['more text than is counted at a time', { mostCharacters: 10 }, 'too_large'],
  ['too many counts at a time', { mostWaiting: 0 }, 'busy'],
  ['a count that takes too long', { timeoutMs: 0 }, 'too_slow'],
  ['a thread that does not start', { program: new URL('file:///nowhere.js') }, 'failed'],
])('%s is refused', async (_name, more, reason) => {
  await expect(counter(more).count(['hello hello hello'])).rejects.toMatchObject({ reason });
});

test('after a count that took too long the next one has a new thread', async () => {
  let expire = () => {};
  const after = (_milliseconds: number, task: () => void) => {
    expire = task;
    return () => {};
  };
  const { count } = counter({ runtime: { after } });
  const slow = count(['hello']);
  expire();
  await expect(slow).rejects.toMatchObject({ reason: 'too_slow' });
  expect(await count(['hello world'])).toEqual([2]);
});
