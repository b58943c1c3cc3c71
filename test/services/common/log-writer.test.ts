import { expect, test } from 'vitest';
import { createLogWriter } from '../../../services/common/log-writer.ts';

function writer() {
  const written: string[] = [];
  const deferred: (() => void)[] = [];
  const { log, flush } = createLogWriter(
    (lines) => void written.push(lines),
    (task) => void deferred.push(task),
  );
  const turn = () => {
    for (const task of deferred.splice(0)) task();
  };
  return { written, log, flush, turn };
}

test('lines of one turn leave in one write, in order', () => {
  const { written, log, turn } = writer();
  log({ id: 1 });
  log({ id: 2 });
  expect(written).toEqual([]);
  turn();
  log({ id: 3 });
  turn();
  expect(written).toEqual(['{"id":1}\n{"id":2}\n', '{"id":3}\n']);
});

test('what is left at the end is written once', () => {
  const { written, log, flush, turn } = writer();
  log({ id: 1 });
  flush();
  turn();
  flush();
  expect(written).toEqual(['{"id":1}\n']);
});

test('a line that is written while lines leave is not lost', () => {
  const written: string[] = [];
  const lines = createLogWriter(
    (text) => {
      written.push(text);
      if (written.length === 1) lines.log({ id: 2 });
    },
    () => {},
  );
  lines.log({ id: 1 });
  lines.flush();
  lines.flush();
  expect(written.join('')).toBe('{"id":1}\n{"id":2}\n');
});
