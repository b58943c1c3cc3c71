import type { Environment } from '../../contracts/environment.ts';
import type { Move } from '../../contracts/split-moves.ts';
import type { Preview } from '../canary/preview.ts';
import type { ChangeResult } from '../commands/canary-set.ts';
import { environmentFile } from '../project.ts';
import { printCheck } from './check.ts';
import type { Paint } from './style.ts';

/** The changed lines, the plan, and whom it moves. */
export function printPreview({ name }: Pick<Environment, 'name'>, shown: Preview, paint: Paint): string {
  const { lines, moves, report } = shown;
  return [
    environmentFile(name),
    ...lines.map(({ sign, line, text }) =>
      paint(sign === '-' ? 'red' : 'green', `${String(line).padStart(5)} ${sign} ${text}`),
    ),
    'plan',
    printCheck({ version: 1, verdict: report.verdict, environments: [report] }, paint),
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

/** What was done, or would be. */
export function printChange(result: ChangeResult, paint: Paint): string {
  const { environment, model, weights, preview, deployed, routers = [], version, seconds } = result;
  const shares = Object.entries(weights)
    .map(([release, weight]) => `${release}=${weight}`)
    .join(' ');
  if (preview === undefined)
    return `${environmentFile(environment)} says so already: ${model} ${shares}; \`fleet up ${environment}\` delivers it`;
  if (!deployed)
    return `${printPreview({ name: environment }, preview, paint)}\n${paint('yellow', 'nothing was changed (--dry-run)')}`;
  const { deploySeconds = 0, appliedSeconds = 0 } = result;
  return paint(
    'green',
    `${model} ${shares}: ${routers.length} router${routers.length === 1 ? '' : 's'} at version ${version}, ${seconds.toFixed(1)} s (deploy ${deploySeconds.toFixed(1)} s, then routers ${appliedSeconds.toFixed(1)} s)`,
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
