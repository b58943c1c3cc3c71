import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { CATALOGUE } from '../../plan/catalogue.ts';
import { countsOf, dollars, exitCodeOf, findingCounts, reportOf } from '../../plan/report.ts';
import { annotations } from '../../plan/reports/annotations.ts';
import { markdownReport } from '../../plan/reports/markdown.ts';
import { sarifReport } from '../../plan/reports/sarif.ts';
import { ROOT } from '../support/local-project.ts';
import { DENIED, RICH, report, WARNED } from './report-cases.ts';

describe('a report in which everything is', () => {
  const rendered = (file: string) => readFileSync(join(ROOT, 'test/rendered/plan', file), 'utf8').trimEnd();

  test('is this comment', () => expect(markdownReport(RICH)).toBe(rendered('comment.md')));

  test('is these annotations', () => expect(annotations(reportOf([RICH]))).toBe(rendered('annotations.txt')));

  test('is these results of SARIF, each at a line of a file', () => {
    const { runs } = sarifReport(reportOf([RICH]), '1.2.3') as { runs: { results: unknown }[] };
    expect(runs[0]?.results).toEqual(JSON.parse(rendered('results.sarif.json')));
  });
});

describe('the counts of a report', () => {
  test('of changes', () => {
    const { summary } = RICH;
    if (summary === undefined) throw new Error('no summary');
    const none = { delete: 0, replace: 0, forget: 0, update: 0, create: 0, import: 0, move: 0 };
    expect(countsOf({ ...RICH, summary: undefined })).toBe('');
    expect(countsOf({ ...RICH, summary: { ...summary, counts: none } })).toBe('no changes');
    expect(countsOf({ ...RICH, summary: { ...summary, counts: { ...none, import: 3 } } })).toBe(
      '3 to import',
    );
  });

  test('of findings', () => {
    const counts = (denied: number, warned: number) =>
      findingCounts({
        ...RICH,
        problems: [],
        suppressed: [],
        findings: [...Array(denied).fill(DENIED), ...Array(warned).fill(WARNED)],
      });
    expect([counts(0, 0), counts(1, 0), counts(0, 1), counts(2, 2)]).toEqual([
      'nothing found',
      '1 denied',
      '1 warning',
      '2 denied, 2 warnings',
    ]);
  });

  test('of dollars', () =>
    expect([0, 0.125, 1234567.891].map(dollars)).toEqual(['$0.00', '$0.13', '$1,234,567.89']));
});

describe('SARIF', () => {
  const sarif = () => {
    const { runs } = sarifReport(reportOf([report('aws-servers-open-to-the-world')]), '1.2.3') as {
      runs: { tool: { driver: { rules: { id: string }[] } }; results: Record<string, unknown>[] }[];
    };
    return runs[0];
  };

  test('describes every rule', () => {
    const { $schema, version } = sarifReport(reportOf([]), '1.2.3') as Record<string, unknown>;
    expect({ $schema, version }).toEqual({
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
    });
    const driver = sarif()?.tool.driver;
    expect(driver).toMatchObject({ name: 'fleet check', version: '1.2.3' });
    expect(driver?.rules).toEqual(
      CATALOGUE.map(({ id, title, why, fix, severity: { production } }) => ({
        id,
        shortDescription: { text: title },
        fullDescription: { text: why },
        help: { text: fix },
        defaultConfiguration: { level: production === 'deny' ? 'error' : 'warning' },
      })),
    );
  });

  test('points to the resource, and keeps its fingerprint when lines move', () => {
    expect(sarif()?.results).toEqual([
      expect.objectContaining({
        ruleId: 'public-port',
        level: 'error',
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: 'environments/prod.yaml' },
              region: { startLine: 1 },
            },
            logicalLocations: [
              { fullyQualifiedName: 'aws_vpc_security_group_ingress_rule.servers', kind: 'resource' },
            ],
          },
        ],
        partialFingerprints: {
          'fleetCheck/v1': 'prod:public-port:aws_vpc_security_group_ingress_rule.servers',
        },
      }),
    ]);
  });

  test('points to the line of the environment file where there is one', () => {
    const base = report('aws-servers-open-to-the-world');
    const findings = base.findings.map((finding) => ({
      ...finding,
      file: 'environments/prod.yaml',
      line: 7,
    }));
    const located = JSON.stringify(sarifReport(reportOf([{ ...base, findings }]), '1.2.3'));
    expect(located).toContain(
      '"physicalLocation":{"artifactLocation":{"uri":"environments/prod.yaml"},"region":{"startLine":7}}',
    );
  });
});

test('annotations escape what GitHub would read as a command', () => {
  const base = report('aws-servers-open-to-the-world');
  const findings = base.findings.map((finding) => ({
    ...finding,
    message: '100%\n::error::no',
    file: 'a,b:c.yaml',
    line: 3,
  }));
  const [line, ...more] = annotations(reportOf([{ ...base, findings }])).split('\n');
  expect(line).toMatch(
    /^::error file=a%2Cb%3Ac\.yaml,line=3,title=prod%3A public-port::.*100%25%0A::error::no\. /,
  );
  expect(more).toEqual([]);
});

describe('the JSON report', () => {
  const schema = z.fromJSONSchema(
    JSON.parse(readFileSync(join(ROOT, 'docs/operations/fleet-check.schema.json'), 'utf8')),
  );
  test.each(['aws-group-destroyed', 'google-canary-one-step-further', 'kind-output', 'aws-release-retired'])(
    'has the documented form: %s',
    (name) =>
      expect(schema.safeParse(JSON.parse(JSON.stringify(reportOf([report(name)])))).error).toBeUndefined(),
  );

  test('is refused by the schema with another version or a key that is not documented', () => {
    const one = report('aws-nodes-unchanged');
    expect(schema.safeParse({ ...reportOf([one]), version: 2 }).success).toBe(false);
    expect(schema.safeParse({ ...reportOf([one]), more: 1 }).success).toBe(false);
  });

  test('has the worst verdict of all environments, and its exit code', () => {
    const deny = report('aws-group-destroyed');
    const pass = report('aws-nodes-unchanged');
    const warn = { ...pass, verdict: 'warn' as const };
    expect(reportOf([pass, warn, deny]).verdict).toBe('deny');
    expect(
      [pass, warn, deny].map((one) => [
        exitCodeOf(reportOf([one]), false),
        exitCodeOf(reportOf([one]), true),
      ]),
    ).toEqual([
      [0, 0],
      [0, 3],
      [2, 2],
    ]);
  });
});
