import type { CloudFinding } from '../clouds/doctor/check.ts';
import type { DoctorResult } from '../commands/doctor.ts';
import { type Paint, table } from './style.ts';

const COLOURS = { found: 'green', missing: 'red', 'too old': 'yellow', unknown: 'yellow' } as const;

/** One line when all is there, else a table with the command that helps. */
export function printDoctor(result: DoctorResult, paint: Paint): string {
  const { environment, complete, requirements, cloud = [], installed } = result;
  const found = requirements.map(({ what, version }) =>
    version === undefined ? what : `${what} ${version}`,
  );
  const added = installed.length === 0 ? [] : [`installed: ${installed.join(', ')}`];
  if (complete)
    return [
      ...added,
      paint('green', `${environment} has all it needs: ${found.join(', ')}`),
      ...(cloud.length === 0 ? [] : [printCloud(cloud, paint)]),
    ].join('\n');
  const rows = requirements.map(({ what, state, version, lowest, neededBy, install }) => [
    lowest === undefined ? what : `${what} ≥ ${lowest}`,
    paint(
      COLOURS[state],
      state === 'found' ? (version ?? 'found') : [state, version].filter(Boolean).join(': '),
    ),
    neededBy,
    state === 'found' ? '' : install,
  ]);
  const help = requirements.some(
    ({ state, debianPackage }) => state !== 'found' && debianPackage !== undefined,
  )
    ? [`\nOn Debian and Ubuntu \`fleet doctor ${environment} --install\` installs what apt-get has.`]
    : [];
  return [
    ...added,
    table(['what', 'found', 'needed by', 'install with'], rows, paint),
    ...help,
    ...(cloud.length === 0 ? [] : ['', printCloud(cloud, paint)]),
  ].join('\n');
}

/** Each finding on a line, the command that helps below it, so that it can be pasted. */
function printCloud(findings: readonly CloudFinding[], paint: Paint): string {
  return findings
    .flatMap(({ what, state, detail, fix }) => [
      `${paint(COLOURS[state], state.padEnd(7))}  ${what}${detail === undefined ? '' : `: ${detail}`}`,
      ...(fix === undefined ? [] : [`         ${paint('dim', fix)}`]),
    ])
    .join('\n');
}
