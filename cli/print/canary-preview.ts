import type { Environment } from '../../contracts/environment.ts';
import type { Move } from '../../contracts/split-moves.ts';
import type { Preview } from '../canary/preview.ts';
import { environmentFile } from '../project.ts';
import { printCheck } from './check.ts';
import type { Paint } from './style.ts';

/** The changed lines, the plan where there is one yet, and whom it moves. */
export function printPreview({ name }: Pick<Environment, 'name'>, shown: Preview, paint: Paint): string {
  const { lines, moves, report } = shown;
  return [
    environmentFile(name),
    ...lines.map(({ sign, line, text }) =>
      paint(sign === '-' ? 'red' : 'green', `${String(line).padStart(5)} ${sign} ${text}`),
    ),
    ...(report === undefined
      ? []
      : ['plan', printCheck({ version: 1, verdict: report.verdict, environments: [report] }, paint)]),
    printMoves(moves),
  ].join('\n');
}

/** `5.00 % of conversations move: 5.00 % from v32 to v33` */
export function printMoves(moves: readonly Move[]): string {
  if (moves.length === 0) return 'no conversation moves';
  const sum = moves.reduce((total, { share }) => total + share, 0);
  const parts = moves.map(({ from, to, share }) => `${percent(share)} from ${from} to ${to}`);
  return `${percent(sum)} of conversations move: ${parts.join(', ')}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
