import { describe, expect, test } from 'vitest';
import type { EnvironmentReport } from '../../plan/report.ts';
import { LONGEST, markdownReport } from '../../plan/reports/markdown.ts';
import type { Resource } from './plans.ts';
import { DENIED, RICH, report, reportOfResources, WARNED } from './report-cases.ts';

/** A report of a plan that does nothing, with something else in it. */
function quiet(more: Partial<EnvironmentReport>): EnvironmentReport {
  return { ...report('aws-nodes-unchanged'), findings: [], ...more };
}

const NO_COST = { before: 0, after: 0, unpriced: [] };

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

  test('is empty for warnings about what has been there all along, and for nothing found in a configuration', () => {
    expect(markdownReport(quiet({ verdict: 'warn', findings: WARNED === undefined ? [] : [WARNED] }))).toBe(
      '',
    );
    expect(markdownReport(quiet({ summary: undefined }))).toBe('');
  });

  test.each<[string, Partial<EnvironmentReport>]>([
    ['something is denied', { findings: DENIED === undefined ? [] : [DENIED] }],
    ['the file has a mistake', { problems: RICH.problems }],
    ['a configuration has a warning', { summary: undefined, findings: WARNED === undefined ? [] : [WARNED] }],
    ['a configuration has something suppressed', { summary: undefined, suppressed: RICH.suppressed }],
    ['something changes', { summary: RICH.summary }],
  ])('is there when %s', (_what, more) => expect(markdownReport(quiet(more))).not.toBe(''));

  test.each([
    ['nothing where there is nothing', NO_COST, undefined],
    ['one sum where it stays', { ...NO_COST, before: 2, after: 2 }, '$2.00/h, $1,460.00/month'],
    [
      'both where the last machine goes',
      { ...NO_COST, before: 2 },
      '$2.00/h → $0.00/h, $1,460.00/month → $0.00/month',
    ],
    [
      'both where the first machine comes',
      { ...NO_COST, after: 2 },
      '$0.00/h → $2.00/h, $0.00/month → $1,460.00/month',
    ],
    [
      'how many have no price',
      { ...NO_COST, unpriced: [{ address: 'a.b', what: 'c' }] },
      '$0.00/h, $0.00/month, and 1 of unknown price',
    ],
  ])('says of the cost %s', (_what, cost, line) => {
    const summary = RICH.summary === undefined ? undefined : { ...RICH.summary, cost };
    const said = markdownReport({ ...RICH, summary }).match(/^GPU machines: (.*)$/m)?.[1];
    expect(said).toBe(line);
  });

  test('has no table of a traffic that stays as it is', () => {
    const shares = { m: { v1: { weight: 100 } } };
    const of = (traffic: { before?: typeof shares; after?: typeof shares }) =>
      markdownReport({ ...RICH, summary: RICH.summary && { ...RICH.summary, traffic } });
    expect(of({ before: shares, after: shares })).not.toContain('**Traffic**');
    expect(of({ before: shares })).not.toContain('**Traffic**');
    expect(of({ after: shares })).toContain('| `m` | `v1` |  | 0 % | 100 % |');
  });

  test('takes out of texts and names what Markdown would read', () => {
    const comment = markdownReport({
      ...RICH,
      findings: [
        {
          ...(DENIED as (typeof RICH.findings)[number]),
          address: 'a.`b|\r\nc`',
          message: 'x\r\n\n# <a> & [b] | `c` *d* _e_ @f',
        },
      ],
    });
    expect(comment).toContain(
      '`a.?b???c?`: x &#35; &#60;a&#62; &#38; &#91;b&#93; &#124; &#96;c&#96; &#42;d&#42; &#95;e&#95; &#64;f',
    );
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
