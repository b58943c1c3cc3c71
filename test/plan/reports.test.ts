import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { CATALOGUE } from '../../plan/catalogue.ts';
import { digestOf } from '../../plan/digest.ts';
import { readPlan } from '../../plan/plan-json.ts';
import { type EnvironmentReport, exitCodeOf, reportOf } from '../../plan/report.ts';
import { annotations } from '../../plan/reports/annotations.ts';
import { LONGEST, markdownReport } from '../../plan/reports/markdown.ts';
import { sarifReport } from '../../plan/reports/sarif.ts';
import { ROOT } from '../support/local-project.ts';
import { planCases, recordedPlan } from '../support/plans/corpus.ts';
import { judged, planOf, type Resource } from './plans.ts';
import { judgeCase } from './support.ts';

function report(name: string): EnvironmentReport {
  const plan = ['dangerous', 'harmless', 'kinds']
    .flatMap(planCases)
    .find((candidate) => candidate.name === name);
  if (plan === undefined) throw new Error(`no case is called ${name}`);
  const digest = digestOf(readPlan(recordedPlan(plan)));
  return { name: 'prod', class: 'production', judged: 'plan', problems: [], digest, ...judgeCase(plan) };
}

function reportOfResources(resources: readonly Resource[]): EnvironmentReport {
  const plan = readPlan(planOf(resources));
  return { name: 'prod', class: 'production', judged: 'plan', problems: [], ...judged({ plan }) };
}

describe('the comment on a pull request', () => {
  test('begins with its marker and the verdict with counts, outside the fold', () => {
    const [marker, digest, verdict] = markdownReport(report('aws-group-destroyed')).split('\n');
    expect(marker).toBe('<!-- fleet-check: prod -->');
    expect(digest).toMatch(/^<!-- fleet-digest: [0-9a-f]{64} -->$/);
    expect(verdict).toBe('### ⛔ denied · `prod` · 2 denied · 1 to destroy');
  });

  test('says what goes, with the reason, before anything that comes', () => {
    const before = { bucket: 'a' };
    const comment = markdownReport(
      reportOfResources([
        { type: 'aws_sns_topic', after: { name: 'a' } },
        {
          type: 'aws_s3_bucket',
          before,
          after: { bucket: 'b' },
          actions: ['delete', 'create'],
          replacePaths: [['bucket']],
        },
      ]),
    );
    const goes = comment.indexOf('- **replace** `aws_s3_bucket.it`: bucket cannot be changed in place');
    expect(goes).toBeGreaterThan(0);
    expect(goes).toBeLessThan(comment.indexOf('- create `aws_sns_topic.it`'));
  });

  test('says the cost per hour and month, before and after', () => {
    expect(markdownReport(report('aws-one-machine-more'))).toContain(
      'GPU machines: $166.98/h → $222.02/h, $121,896.13/month → $162,075.33/month',
    );
  });

  test('says the shares of the traffic, before and after, and that nothing else changes', () => {
    const comment = markdownReport(report('google-canary-one-step-further'));
    expect(comment).toContain('| `gpt-oss-120b` | `v33` | canary | 5 % | 10 % |');
    expect(comment).toContain('Only weights change: one object is updated in place, and nothing else.');
    expect(markdownReport(report('aws-one-machine-more'))).not.toContain('Only weights change');
  });

  test('is empty when nothing changed and nothing was found', () => {
    expect(markdownReport(report('aws-nodes-unchanged'))).toBe('');
  });

  test.each([10, 500, 5000])(
    'stays below what GitHub takes, with its verdict, for a plan of %i bad resources',
    (count) => {
      const resources = Array.from(
        { length: count },
        (_, index): Resource => ({
          type: 'aws_s3_bucket',
          name: `${'a'.repeat(60)}${index}`,
          before: { bucket: 'a' },
        }),
      );
      const comment = markdownReport(reportOfResources(resources));
      expect(comment.length).toBeLessThan(LONGEST);
      expect(comment).toContain(`${count} denied, 1 warning · ${count} to destroy`);
      if (count === 5000) expect(comment).toMatch(/_\d+ lines more: see the JSON report of the run\._/);
      expect(comment.match(/<details>/g)?.length).toBe(comment.match(/<\/details>/g)?.length);
    },
  );

  test('cannot be made to show what somebody else writes in an address', () => {
    const comment = markdownReport(
      reportOfResources([
        { type: 'aws_s3_bucket', name: 'a["`<img src=x>@everyone|\n# title"]', before: { bucket: 'a' } },
      ]),
    );
    expect(comment).not.toMatch(/^# title/m);
    expect(comment.replace(/`[^`]*`/g, '')).not.toContain('<img');
  });
});

describe('SARIF', () => {
  const sarif = () => {
    const { runs } = sarifReport(reportOf([report('aws-servers-open-to-the-world')]), '1.2.3') as {
      runs: { tool: { driver: { rules: { id: string }[] } }; results: Record<string, unknown>[] }[];
    };
    return runs[0];
  };

  test('describes every rule', () => {
    expect(sarif()?.tool.driver.rules.map(({ id }) => id)).toEqual(CATALOGUE.map(({ id }) => id));
  });

  test('points to the resource, and keeps its fingerprint when lines move', () => {
    expect(sarif()?.results).toEqual([
      expect.objectContaining({
        ruleId: 'public-port',
        level: 'error',
        locations: [
          {
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
