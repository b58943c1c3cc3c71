import type { CheckReport } from '../report.ts';

/** Workflow commands of GitHub Actions, one line per finding. */
export function annotations({ environments }: CheckReport): string {
  return environments
    .flatMap(({ name, problems, findings }) => [
      ...problems.map(({ file, line, message }) =>
        command('error', { file, line, title: `${name}: environment file` }, message),
      ),
      ...findings.map(({ rule, severity, file, line, address, message, fix }) =>
        command(
          severity === 'deny' ? 'error' : 'warning',
          { file, line, title: `${name}: ${rule}` },
          `${address === undefined ? '' : `${address}: `}${message}. ${fix}`,
        ),
      ),
    ])
    .join('\n');
}

function command(
  level: string,
  properties: Readonly<Record<string, string | number | undefined>>,
  message: string,
): string {
  const said = Object.entries(properties).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${escaped(String(value), true)}`],
  );
  return `::${level} ${said.join(',')}::${escaped(message, false)}`;
}

/** https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts */
function escaped(text: string, property: boolean): string {
  const data = text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  return property ? data.replaceAll(':', '%3A').replaceAll(',', '%2C') : data;
}
