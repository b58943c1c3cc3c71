import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EDIT, FINDING, BASE as SHOP, HEAD1 as SHOP_CHANGED } from '../review/shop.ts';
import { ReviewBench } from './review-support.ts';

const SETTINGS = `docs:\n  files: ['*.md']\ntests:\n  enabled: true\n  files: ['test/**']\n  command: sh {files}\n`;
const BASE = { ...SHOP, '.fleet-review.yaml': SETTINGS };
const HEAD = { ...SHOP_CHANGED, '.fleet-review.yaml': SETTINGS };

const FOUND = { findings: [FINDING] };
const SUPPORTED = { verdicts: [{ claim: 1, evidence: 'no first value', verdict: 'supported' }] };
const EDITS = { edits: [EDIT] };
const check = (name: string, content: string) => ({ path: `test/${name}`, content, covers: name });
const TESTS = {
  files: [
    check('good', 'grep -q sumOf src/cart.js\n'),
    check('vacuous', 'true\n'),
    check('failing', 'false\n'),
    check(
      'curious',
      '[ -z "$OPENAI_API_KEY$GITHUB_TOKEN" ] && [ "$HOME" != "/root" ] && grep -q sumOf src/cart.js\n',
    ),
  ],
};

let bench: ReviewBench;
beforeAll(async () => {
  bench = await ReviewBench.open();
  bench.git.commit(BASE);
  bench.git.git('checkout', '--quiet', '-b', 'carts');
  bench.git.commit(HEAD, { message: 'Count carts\n\nSo that they are counted.' });
});
afterAll(() => bench.close());

describe('fleet review', () => {
  test('prints findings with their lines, the patch, the tests, and what it cost', async () => {
    bench.answers(FOUND, SUPPORTED, EDITS, TESTS);
    const { code, stdout, stderr } = await bench.review(['--base', 'main']);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('src/cart.js:2 major bug: an empty cart throws');
    expect(stdout).toContain('+Use `sumOf(prices)` to add up a cart.');
    expect(stdout).toContain('test that nobody ran: test/good');
    expect(stdout).toMatch(
      /1 findings, 0 thrown out, 0 said before; gpt-oss-120b, \d+ \+ \d+ tokens, \$0\.000\d+/,
    );
    expect(bench.model.asked[0]?.messages.at(-1)?.content).toContain(
      'Count carts\n\nSo that they are counted.',
    );
  });

  test('--json is one document, and writes nothing into the repository', async () => {
    bench.answers(FOUND, SUPPORTED, EDITS, TESTS);
    const before = bench.git.git('for-each-ref');
    const { data } = await bench.review(['--base', 'main']);
    expect(data).toMatchObject({
      ...{ version: 1, state: 'reviewed', testsRun: false, notRead: [] },
      findings: [{ path: 'src/cart.js', line: 2, side: 'RIGHT', severity: 'major' }],
    });
    expect(bench.git.git('status', '--porcelain')).toBe('');
    expect(bench.git.git('for-each-ref')).toBe(before);
  });

  test('--run-tests keeps what passes on the head and fails without the change, without any secret', async () => {
    bench.answers(FOUND, SUPPORTED, EDITS, TESTS);
    const { data, stderr } = await bench.review(['--base', 'main', '--run-tests'], {
      GITHUB_TOKEN: 'secret',
    });
    expect(data, stderr).toMatchObject({
      testsRun: true,
      tests: [{ path: 'test/good' }, { path: 'test/curious' }],
      dropped: [
        { path: 'test/vacuous', why: 'passes without the change too' },
        { path: 'test/failing', why: 'does not pass on this commit' },
      ],
    });
    expect(bench.git.git('status', '--porcelain')).toBe('');
  });

  test('--from runs the tests of an earlier review without model and key', async () => {
    bench.answers(FOUND, SUPPORTED, EDITS, TESTS);
    const { data } = await bench.review(['--base', 'main']);
    const file = join(bench.git.folder, '.git', 'review.json');
    writeFileSync(file, JSON.stringify(data));
    bench.model.play([]);
    const again = await bench.review(['--base', 'main', '--from', file], {
      OPENAI_API_KEY: '',
      OPENAI_BASE_URL: '',
    });
    expect(again.data, again.stderr).toMatchObject({
      testsRun: true,
      tests: [{ path: 'test/good' }, { path: 'test/curious' }],
    });
    expect(bench.model.asked).toEqual([]);
  });

  test('--from refuses tests that the settings do not allow, or that lead elsewhere', async () => {
    bench.answers(FOUND, SUPPORTED, EDITS, { files: [] });
    const { data } = await bench.review(['--base', 'main']);
    const file = join(bench.git.folder, '.git', 'review.json');
    for (const path of ['../out', 'src/cart.js', '/etc/x']) {
      writeFileSync(
        file,
        JSON.stringify({ ...(data as object), tests: [{ path, content: 'true', covers: 'x' }] }),
      );
      expect(await bench.review(['--base', 'main', '--from', file])).toMatchObject({ code: 1 });
    }
  });

  test('--fail-on says so by its exit code', async () => {
    bench.answers(FOUND, SUPPORTED, EDITS, TESTS);
    expect(await bench.review(['--base', 'main', '--fail-on', 'major'])).toMatchObject({ code: 3 });
    bench.answers(FOUND, SUPPORTED, EDITS, TESTS);
    expect(await bench.review(['--base', 'main', '--fail-on', 'blocker'])).toMatchObject({ code: 0 });
  });

  test.each([
    [['--base', 'mian'], 'git knows no commit "mian"'],
    [['--base', '--output=x'], 'git knows no commit'],
    [['--base', 'carts'], 'nothing to review'],
    [['--base', 'main', '--comment'], '--comment: which pull request?'],
  ])('%j is refused with what to do', async (args, message) => {
    const { code, stderr } = await bench.review(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  test('what the terminal would obey is taken out', async () => {
    bench.answers(
      { findings: [{ ...FINDING, title: 'red \u001b[31m\u001b]8;;http://x\u0007' }] },
      SUPPORTED,
      EDITS,
      { files: [] },
    );
    const { stdout } = await bench.review(['--base', 'main']);
    expect(stdout).toContain('red [31m]8;;http://x');
    expect(stdout).not.toContain('\u001b');
  });

  test('--from writes through no link that a change brings along', async () => {
    bench.answers(FOUND, SUPPORTED, EDITS, { files: [] });
    const { data } = await bench.review(['--base', 'main']);
    const file = join(bench.git.folder, '.git', 'review.json');
    bench.git.git('checkout', '--quiet', '-b', 'links');
    const outside = join(bench.git.folder, '.git', 'outside');
    bench.git.git('update-index', '--add', '--cacheinfo', `120000,${hashOf(outside)},test/deep`);
    bench.git.git('commit', '--quiet', '--message', 'a link');
    const head = bench.git.git('rev-parse', 'HEAD').trim();
    writeFileSync(
      file,
      JSON.stringify({
        ...(data as object),
        head,
        tests: [{ path: 'test/deep/x', content: 'true', covers: 'x' }],
      }),
    );
    expect(await bench.review(['--base', 'main', '--from', file])).toMatchObject({
      stderr: expect.stringContaining('through a link'),
    });
    expect(existsSync(outside)).toBe(false);
  });
});

function hashOf(text: string): string {
  writeFileSync(join(bench.git.folder, '.git', 'target'), text);
  return bench.git.git('hash-object', '-w', '.git/target').trim();
}
