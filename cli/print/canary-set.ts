import type { ChangeResult } from '../canary/change-model.ts';
import { environmentFile } from '../project.ts';
import { printPreview } from './canary-preview.ts';
import type { Paint } from './style.ts';

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
