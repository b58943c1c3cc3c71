import { describe, expect, test } from 'vitest';
import { complaintsAbout } from './cloud-support.ts';

describe('gateway.redis', () => {
  test.each(['aws', 'google', 'process'] as const)('platform %s runs one', (platform) => {
    expect(complaintsAbout(platform, { gateway: { redis: {} } })).toEqual([]);
  });

  test('on google has the port of Memorystore, on aws any', () => {
    expect(complaintsAbout('aws', { gateway: { redis: { port: 6380 } } })).toEqual([]);
    expect(complaintsAbout('google', { gateway: { redis: { port: 6380 } } })).toEqual([
      'gateway.redis.port: Memorystore listens on 6379 and nowhere else, got 6380; remove it',
    ]);
  });

  test.each(['aws', 'google'] as const)('of platform %s takes no settings of somebody else’s', (platform) => {
    expect(complaintsAbout(platform, { gateway: { redis: { tls: true } } })).toEqual([
      expect.stringContaining('is for a Redis that somebody else runs'),
    ]);
    expect(
      complaintsAbout(platform, { gateway: { redis: { tls: true, address: 'redis.example:6379' } } }),
    ).toEqual([]);
  });
});
