import type { CiInitResult } from '../commands/ci-init.ts';

/** Which files there are now, and what only GitHub's settings can do. */
export function printCiInit({ environments, files, kept }: CiInitResult): string {
  return [
    ...files.map((file) => `wrote ${file}`),
    ...kept.map((file) => `${file} is as it should be`),
    '',
    'In the settings of the repository, make for each environment:',
    ...environments.flatMap((name) => [
      `  ${name}        with its reviewers, for ${name} alone, and the identity that may write`,
      `  ${name}-check  without reviewers, and an identity that may only read`,
    ]),
    'Each has the variables FLEET_AWS_ROLE and FLEET_AWS_REGION, or FLEET_GOOGLE_PROVIDER and FLEET_GOOGLE_ACCOUNT.',
  ].join('\n');
}
