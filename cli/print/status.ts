import type { StatusResult } from '../commands/status.ts';
import { type Paint, table } from './style.ts';

const COLOURS = { running: 'green', unready: 'yellow', dead: 'red', stopped: 'dim', broken: 'red' } as const;

/** One line per part; errors below. */
export function printStatus({ environment, parts }: StatusResult, paint: Paint): string {
  if (parts.length === 0)
    return `nothing of ${environment} is installed here; \`fleet up ${environment}\` deploys it`;
  const rows = parts.map(({ name, state, address, version, wanted, pid, since }) => [
    name,
    paint(COLOURS[state], state),
    address ?? '',
    wanted === undefined ? (version ?? '') : `${version ?? 'none'}, wanted ${wanted}`,
    pid === undefined ? '' : String(pid),
    since === undefined ? '' : timestamp(since),
  ]);
  const errors = parts.flatMap(({ name, error }) =>
    error === undefined ? [] : [paint('red', `${name}: ${error}`)],
  );
  return [table(['part', 'state', 'address', 'version', 'pid', 'since'], rows, paint), ...errors].join('\n');
}

/** `2026-11-23 07:00:10Z` */
function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('T', ' ').replace(/\.\d+/, '');
}
