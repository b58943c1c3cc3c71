import type { BootstrapResult } from '../commands/bootstrap.ts';
import type { Paint } from './style.ts';

/** What changed, and the commands that tell GitHub. */
export function printBootstrap(result: BootstrapResult, paint: Paint): string {
  const { environment, bucket, makesBucket, changes, findings, applied, variables, repository } = result;
  return [
    ...changes.map(({ action, address }) => `${action.padEnd(8)} ${address}`),
    ...findings.map(({ severity, message, address }) => `${severity}: ${address ?? 'plan'}: ${message}`),
    ...(changes.length > 0 ? [''] : []),
    paint(
      'bold',
      applied
        ? `${environment}: the state bucket and the identities are there`
        : changes.length > 0
          ? `${environment}: nothing was changed (--dry-run)`
          : `${environment}: everything is as it should be`,
    ),
    `state bucket ${bucket}${makesBucket ? '' : ', made by another environment or by hand'}`,
    ...(variables === undefined
      ? []
      : [
          '',
          `Tell GitHub, once the environments are there in the settings of ${repository}:`,
          ...Object.entries(variables).flatMap(([name, values]) =>
            Object.entries(values).map(
              ([key, value]) =>
                `  gh variable set ${key} --repo ${repository} --env ${name} --body '${value}'`,
            ),
          ),
        ]),
  ].join('\n');
}
