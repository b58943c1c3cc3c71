import type { DownResult } from '../commands/down.ts';
import type { Paint } from './style.ts';

const SHOWN = 6;

/** What was ended, what is left, and how to remove it. */
export function printDown(result: DownResult, paint: Paint): string {
  const { environment, destroyed, skipped, stopped, folder, left } = result;
  const ended = destroyed || stopped.length > 0;
  const lines = [
    ...(stopped.length === 0 ? [] : [`stopped: ${stopped.join(', ')}`]),
    ...(skipped === undefined ? [] : [paint('yellow', skipped)]),
    ...(folder === undefined
      ? []
      : [`kept in ${folder}: ${summary(left)}`, `remove it too: fleet down ${environment} --purge`]),
    paint('green', ended ? `${environment} is down` : `nothing of ${environment} runs on this host`),
  ];
  return lines.join('\n');
}

function summary(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return [...names.slice(0, SHOWN), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
