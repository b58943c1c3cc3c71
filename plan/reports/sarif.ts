import { CATALOGUE } from '../catalogue.ts';
import type { CheckReport, EnvironmentReport, LocatedFinding } from '../report.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

/** The findings of all environments in SARIF 2.1.0, for code scanning. */
export function sarifReport({ environments }: CheckReport, version: string): unknown {
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'fleet check',
            version,
            rules: CATALOGUE.map(({ id, title, why, fix, severity }) => ({
              id,
              shortDescription: { text: title },
              fullDescription: { text: why },
              help: { text: fix },
              defaultConfiguration: { level: severity.production === 'deny' ? 'error' : 'warning' },
            })),
          },
        },
        results: environments.flatMap(resultsOf),
      },
    ],
  };
}

function resultsOf(report: EnvironmentReport): unknown[] {
  return [
    ...report.problems.map(({ file, line, message }) => ({
      ruleId: 'environment-file',
      level: 'error',
      message: { text: message },
      locations: [location(file, line)],
    })),
    ...report.findings.map((finding) => resultOf(report, finding)),
    ...report.suppressed.map((finding) => ({
      ...resultOf(report, finding),
      suppressions: [{ kind: 'inSource', justification: `${finding.reason} (until ${finding.expires})` }],
    })),
  ];
}

/** GitHub refuses all of a file in which one result names no line of another: where none is known, it is the first. */
function resultOf(report: EnvironmentReport, finding: LocatedFinding) {
  const { rule, severity, message, address, fix, construct, file = report.file, line = 1 } = finding;
  const logical = construct ?? address;
  return {
    ruleId: rule,
    level: severity === 'deny' ? 'error' : 'warning',
    message: { text: `${address === undefined ? '' : `${address}: `}${message}. ${fix}` },
    locations: [
      {
        ...location(file, line),
        ...(logical === undefined
          ? {}
          : { logicalLocations: [{ fullyQualifiedName: logical, kind: 'resource' }] }),
      },
    ],
    // The same finding keeps its fingerprint when lines move.
    partialFingerprints: { 'fleetCheck/v1': `${report.name}:${rule}:${address ?? 'plan'}` },
  };
}

function location(file: string, line: number) {
  return { physicalLocation: { artifactLocation: { uri: file }, region: { startLine: line } } };
}
