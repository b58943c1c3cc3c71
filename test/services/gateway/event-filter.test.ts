import { describe, expect, test } from 'vitest';
import { EventFilter } from '../../../services/gateway/edge/event-filter.ts';

/** Pushes text in pieces of a size; answers the events seen and the bytes passed on. */
function run(
  text: string,
  size: number,
  inspect = (event: Buffer): Buffer | undefined => event,
  limit?: number,
) {
  const seen: string[] = [];
  const out: Buffer[] = [];
  const inspector = {
    inspect(event: Buffer) {
      seen.push(event.toString());
      return inspect(event);
    },
  };
  const filter = new EventFilter(inspector, limit);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size)
    filter.push(bytes.subarray(at, at + size), (part) => out.push(part));
  return { seen, out: Buffer.concat(out).toString(), writes: out.length, filter };
}

const sizes = [1, 2, 3, 5, 8, 1000];

describe.each(sizes)('in pieces of %i bytes', (size) => {
  test('every event is seen whole, whatever its line ends', () => {
    const events = [
      'data: a\n\n',
      'data: b\r\n\r\n',
      ': ping\n\n',
      'event: x\ndata: ü🌍\n\n',
      '\n',
      'data: \r\n\n',
    ];
    const { seen, out } = run(events.join(''), size);
    expect(seen).toEqual(events);
    expect(out).toBe(events.join(''));
  });

  test('an event that is dropped leaves nothing behind', () => {
    const drop = (event: Buffer) => (event.includes('drop') ? undefined : event);
    expect(run('data: a\n\ndata: drop\n\ndata: b\n\ndata: drop\n\n', size, drop).out).toBe(
      'data: a\n\ndata: b\n\n',
    );
  });

  test('an event that is replaced stands in its place', () => {
    const replace = (event: Buffer) => (event.includes('b') ? Buffer.from('data: B\n\n') : event);
    expect(run('data: a\n\ndata: b\n\ndata: c\n\n', size, replace).out).toBe(
      'data: a\n\ndata: B\n\ndata: c\n\n',
    );
  });

  test('of an unfinished event nothing is passed on', () => {
    const { out, filter } = run('data: a\n\ndata: unfin', size);
    expect(out).toBe('data: a\n\n');
    expect(filter.rest().toString()).toBe('data: unfin');
    expect(filter.midEvent).toBe(false);
  });

  test('an event beyond the limit passes unseen, the next one is seen again', () => {
    const long = `data: ${'x'.repeat(100)}\n\n`;
    const { seen, out } = run(`${long}data: b\n\n`, Math.min(size, 50), undefined, 20);
    expect(out).toBe(`${long}data: b\n\n`);
    expect(seen).toEqual(['data: b\n\n']);
  });
});

test('events that come together are passed on in one piece', () => {
  expect(run('data: a\n\ndata: b\n\ndata: c\n\n', 1000).writes).toBe(1);
});
