import { describe, expect, test } from 'vitest';
import { isPrivate, isWorld } from '../../plan/addresses.ts';

describe('a range of addresses', () => {
  test.each(['0.0.0.0/0', '0.0.0.0/1', '8.0.0.0/8', '::/0', '2000::/3', '2001::/16'])(
    '%s is the internet',
    (range) => expect([isWorld(range), isPrivate(range)]).toEqual([true, false]),
  );

  test.each([
    ...['10.0.0.0/8', '10.255.255.255', '172.16.0.0/12', '172.31.255.0/24', '192.168.0.0/16'],
    ...['100.64.0.0/10', '127.0.0.1/32', '127.0.0.0/8', '169.254.169.254', '35.191.0.0/16', '130.211.0.0/22'],
    ...['fd00::/8', 'fc00::/7', 'fe80::/10', '::1', '::1/128'],
  ])('%s is private', (range) => expect([isWorld(range), isPrivate(range)]).toEqual([false, true]));

  test.each([
    ...['9.0.0.0/9', '11.0.0.0/9', '172.32.0.0/16', '172.0.0.0/9', '192.169.0.0/16', '100.128.0.0/10'],
    ...['128.0.0.0/9', '169.255.0.0/16', '35.192.0.0/16', '130.211.4.0/24', '203.0.113.7', '::2', '1::1/128'],
    ...['2001:db8::/17', '2001:db8::/32', '1fd0::/24', '1fe80::/64', '::1:0/112'],
  ])('%s is some of the internet', (range) =>
    expect([isWorld(range), isPrivate(range)]).toEqual([false, false]),
  );
});
