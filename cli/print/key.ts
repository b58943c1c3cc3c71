import type { KeyChange, KeyList } from '../commands/key.ts';
import { type Paint, table } from './style.ts';

/** What was done, and whether it holds already. */
export function printGateway({ environment, id, action, file, gateway }: KeyChange, paint: Paint): string {
  const done = `key ${id} of ${environment} is ${action} (${file})`;
  if (gateway.state === 'applied') return paint('green', `${done}; the running gateway knows it`);
  if (gateway.state === 'absent')
    return `${done}; no gateway of ${environment} runs here, it counts from its start`;
  if (gateway.state === 'undelivered') return `${done}; \`fleet up ${environment}\` brings it to the gateway`;
  return paint('red', `${done}, but the gateway goes on with the keys that it had: ${gateway.reason}`);
}

/** One line per key. */
export function printKeys({ environment, file, keys }: KeyList, paint: Paint): string {
  if (keys.length === 0)
    return `${file} has no keys; \`fleet key create <id> ${environment}\` makes the first one`;
  return table(
    [
      'id',
      'models',
      'requests/min',
      'tokens/min',
      'parallel',
      'USD/day',
      'USD/month',
      'pin',
      'hash begins with',
    ],
    keys.map(({ id, models, limits, pin, hash }) => [
      ...[id, models?.join(', ') ?? 'all'],
      ...[limits.requestsPerMinute, limits.tokensPerMinute, limits.parallel].map(shown),
      ...[limits.usdPerDay, limits.usdPerMonth].map(shown),
      ...[pin ? 'yes' : 'no', hash],
    ]),
    paint,
  );
}

function shown(limit: number | undefined): string {
  return limit === undefined ? '-' : String(limit);
}
