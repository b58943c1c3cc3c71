import { describe, expect, test } from 'vitest';
import { drainTimes } from '../../contracts/drain.ts';

describe.each([1, 120, 86_400])('a drain of %i seconds', (drain) => {
  const times = drainTimes(drain);

  test('is what vLLM is told', () => {
    expect(times.shutdownTimeout).toBe(drain);
  });

  test.each([
    ['the container engine', 'vLLM', times.containerStop, times.shutdownTimeout],
    ['the unit', 'the container engine', times.unitStop, times.containerStop],
    ['the unit that leaves the routers', 'the leaving', times.leaveRouterStop, times.leaveRouter],
    [
      'the machine',
      'noticing, leaving and the unit',
      times.machineLeave,
      times.notice + times.leaveRouter + times.unitStop,
    ],
  ])('%s waits longer than %s', (_who, _whom, longer, shorter) => {
    expect(longer).toBeGreaterThan(shorter);
  });
});
