/** The last step of the address and path that `constructs/fixed-release.ts` gives to what holds a serving release. */
const FIXED = 'serves-make-a-new-release-instead';

/** A release that serves and would have been changed. */
export interface FixedRelease {
  readonly model: string;
  readonly release: string;
}

/** The release that one error of Terraform is about; undefined for any other error. */
export function fixedReleaseOf(error: readonly string[]): FixedRelease | undefined {
  const text = error.join(' ');
  if (!text.includes('Instance cannot be destroyed')) return undefined;
  const byPath = new RegExp(`nodes/([^/\\s]+)/([^/\\s]+)/(?:[^\\s]+/)?${FIXED}`).exec(text);
  const byAddress = new RegExp(`nodes_([^_\\s"]+)_([^_\\s"]+)_(?:[^\\s"]+_)?${FIXED}`).exec(text);
  const [, model, release] = byPath ?? byAddress ?? [];
  return model === undefined || release === undefined ? undefined : { model, release };
}

/** What to do instead of changing them. */
export function explainFixedReleases(fixed: readonly FixedRelease[], environment: string): string[] {
  const file = `environments/${environment}.yaml`;
  const up = `fleet up ${environment}`;
  const [{ release = '' } = {}] = fixed;
  return [
    ...fixed.map(
      (one) =>
        `models.${one.model}.releases.${one.release}: takes traffic, so its nodes stay as they were started; another image, flag, machine or port is another release (${file})`,
    ),
    'nothing was changed. Instead:',
    `  1. undo that change and add it as a new release, say ${release}-2, with role canary and weight 0; ${up}`,
    `  2. move weight to it, in steps; ${up} after each`,
    `  3. swap the roles: the new one is stable, ${release} is canary at weight 0; ${up}`,
    `  4. remove ${release}; ${up}`,
  ];
}
