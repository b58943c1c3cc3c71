import { describe, expect, test } from 'vitest';
import { reviewPullRequest } from '../../review/pipeline.ts';
import { readTestResults } from '../../review/test-results.ts';
import { allSupported, type MemoryForge, memoryJournal, scriptedModel } from './memory.ts';
import { BASE, FINDING, HEAD1, jobOf, partsOf, shop, shopModel, TEST } from './shop.ts';

const commentsOf = (forge: MemoryForge) =>
  [...forge.reviews.values()].flatMap(({ comments }) =>
    comments.map(({ path, line, side }) => `${side} ${path}:${line}`),
  );

const withSettings = (forge: MemoryForge, text: string) => {
  forge.trees.set('base', { ...BASE, '.fleet-review.yaml': text });
  return forge;
};

describe('a review', () => {
  test('writes a comment on the line, the patch of the documentation, the branch of tests, one summary', async () => {
    const forge = shop();
    const outcome = await reviewPullRequest(jobOf('head1'), partsOf(forge, shopModel()));
    expect(outcome).toMatchObject({ state: 'reviewed', findings: 1, thrownOut: 0, duplicates: 0 });
    expect(commentsOf(forge)).toEqual(['RIGHT src/cart.js:2']);
    expect([...forge.branches.values()]).toMatchObject([
      { parent: 'head1', files: new Map([[TEST.path, TEST.content]]) },
    ]);
    expect(forge.sticky).toMatchInlineSnapshot(`
      "<!-- fleet-review -->

      <!-- fleet-review-state {"reviewed":"head1","costUsd":0.0008,"pushes":1} -->

      ### Review of \`head1\`

      Found: 1 major.

      #### Documentation that this change makes false

      - \`README.md\`: the function was renamed

      <details><summary>Patch, for <code>git apply --unidiff-zero</code></summary>

      \`\`\`diff
      --- a/README.md
      +++ b/README.md
      @@ -3,1 +3,1 @@
      -Use \`total(prices)\` to add up a cart.
      +Use \`sumOf(prices)\` to add up a cart.
      \`\`\`

      </details>

      #### Tests

      Branch \`fleet-review/7/head1\`, commit \`commit-of-\`. The repository’s own checks run them; until these have passed nothing is recommended.

      - \`test/cart-empty.test.js\`: empty carts

      <sub>\`gpt-oss-120b\` · 4000 + 400 tokens · $0.000800</sub>"
    `);
  });

  test('counts what it took, over all stages', async () => {
    const model = shopModel();
    const outcome = await reviewPullRequest(jobOf('head1'), partsOf(shop(), model));
    expect(model.asked.map(({ stage }) => stage)).toEqual(['review', 'verify', 'docs', 'tests']);
    expect(outcome).toMatchObject({ promptTokens: 4_000, completionTokens: 400 });
    expect(outcome.costUsd).toBeCloseTo(0.0008, 10);
  });

  test('of a new commit reads what is new, and says nothing twice', async () => {
    const forge = shop();
    await reviewPullRequest(jobOf('head1'), partsOf(forge, shopModel()));
    forge.pull = { ...forge.pull, headCommit: 'head2' };
    const model = shopModel();
    expect(await reviewPullRequest(jobOf('head2'), partsOf(forge, model))).toMatchObject({ findings: 0 });
    const [review] = model.asked;
    expect(review?.text).toContain('src/tax.js');
    expect(review?.text).not.toContain('src/cart.js');
    expect(forge.sticky).toContain('`head1` to `head2`');
    expect(forge.sticky).toContain('for all 2 pushes');
  });

  test('of all of it again, as after a force push, says nothing twice either', async () => {
    const forge = shop();
    await reviewPullRequest(jobOf('head1'), partsOf(forge, shopModel()));
    forge.pull = { ...forge.pull, headCommit: 'head2' };
    forge.diffs.delete('head1...head2');
    const outcome = await reviewPullRequest(jobOf('head2'), partsOf(forge, shopModel()));
    expect(outcome).toMatchObject({ findings: 0, duplicates: 1 });
    expect(commentsOf(forge)).toHaveLength(1);
  });

  test('of the same commit again does nothing', async () => {
    const forge = shop();
    const journal = memoryJournal();
    const model = shopModel();
    const first = await reviewPullRequest(jobOf('head1'), partsOf(forge, model, journal));
    expect(await reviewPullRequest(jobOf('head1'), partsOf(forge, model, journal))).toEqual(first);
    expect(await reviewPullRequest(jobOf('head1'), partsOf(forge, model))).toMatchObject({
      why: 'already reviewed',
    });
    expect(model.asked).toHaveLength(4);
  });

  test('of a commit that is no longer the newest is left to the newest', async () => {
    const forge = shop({ headCommit: 'head2' });
    const model = shopModel();
    expect(await reviewPullRequest(jobOf('head1'), partsOf(forge, model))).toMatchObject({
      state: 'superseded',
      by: 'head2',
    });
    expect([model.asked.length, forge.reviews.size, forge.sticky]).toEqual([0, 0, undefined]);
  });

  test('that was overtaken while it was thinking writes nothing', async () => {
    const forge = shop();
    const model = scriptedModel({
      review: () => {
        forge.pull = { ...forge.pull, headCommit: 'head2' };
        return { findings: [FINDING] };
      },
      verify: allSupported,
    });
    expect(await reviewPullRequest(jobOf('head1'), partsOf(forge, model))).toMatchObject({
      state: 'superseded',
    });
    expect([forge.reviews.size, forge.branches.size, forge.sticky]).toEqual([0, 0, undefined]);
  });
});

describe('the second pass', () => {
  test.each([['unsupported'], ['unsure'], [undefined]])('throws out what it calls %s', async (verdict) => {
    const forge = shop();
    const model = scriptedModel({
      review: { findings: [FINDING] },
      verify: { verdicts: verdict === undefined ? [] : [{ claim: 1, evidence: 'none', verdict }] },
    });
    expect(await reviewPullRequest(jobOf('head1'), partsOf(forge, model))).toMatchObject({
      findings: 0,
      thrownOut: 1,
    });
    expect(forge.reviews.size).toBe(0);
  });

  test('sees the code around the line', async () => {
    const model = shopModel();
    await reviewPullRequest(jobOf('head1'), partsOf(shop(), model));
    expect(model.asked[1]?.text).toContain('THE FILE AROUND IT\n1 |  export function sumOf(prices) {');
  });

  test('is not asked about lines that are not in the diff', async () => {
    const model = scriptedModel({
      review: {
        findings: [
          { ...FINDING, quote: 'no such line' },
          { ...FINDING, path: 'x' },
        ],
      },
    });
    expect(await reviewPullRequest(jobOf('head1'), partsOf(shop(), model))).toMatchObject({ thrownOut: 2 });
    expect(model.asked.map(({ stage }) => stage)).not.toContain('verify');
  });
});

describe('the settings of the base', () => {
  test('switch each stage off', async () => {
    const model = shopModel();
    const forge = withSettings(shop(), 'docs: { enabled: false }\n');
    await reviewPullRequest(jobOf('head1'), partsOf(forge, model));
    expect(model.asked.map(({ stage }) => stage)).toEqual(['review', 'verify']);
  });

  test('are not those of the head', async () => {
    const forge = shop();
    forge.trees.set('head1', { ...HEAD1, '.fleet-review.yaml': 'review: { enabled: false }\n' });
    expect(await reviewPullRequest(jobOf('head1'), partsOf(forge, shopModel()))).toMatchObject({
      findings: 1,
    });
  });

  test('that are wrong are said, and nothing is guessed', async () => {
    const forge = withSettings(shop(), 'reviw:\n  enabled: true\ntokens: 5\n');
    const model = shopModel();
    expect(await reviewPullRequest(jobOf('head1'), partsOf(forge, model))).toMatchObject({
      why: 'the settings are wrong',
    });
    expect(model.asked).toEqual([]);
    expect(forge.sticky).toContain('did you mean review');
    expect(forge.sticky).toContain('yaml\\:3');
  });

  test('name the model that is asked', async () => {
    const model = shopModel();
    const forge = withSettings(shop(), 'model: gpt-oss-20b\n');
    await reviewPullRequest(jobOf('head1'), partsOf(forge, model));
    expect(new Set(model.asked.map((one) => one.model))).toEqual(new Set(['gpt-oss-20b']));
    expect(forge.sticky).toContain('`gpt-oss-20b`');
  });

  test('say from which severity on', async () => {
    const forge = withSettings(shop(), 'review: { severity: blocker }\n');
    expect(await reviewPullRequest(jobOf('head1'), partsOf(forge, shopModel()))).toMatchObject({
      findings: 0,
    });
    expect(forge.sticky).toContain('1 below what the settings want said');
  });
});

describe('generated tests', () => {
  const offered = async (pull = {}) => {
    const forge = shop(pull);
    const parts = partsOf(forge, shopModel());
    await reviewPullRequest(jobOf('head1'), parts);
    return { forge, parts };
  };

  test.each([
    ['passed', 'recommended', ': recommended'],
    ['failed', 'not recommended', 'not recommended'],
  ] as const)('whose checks %s are %s', async (checks, state, said) => {
    const { forge, parts } = await offered();
    expect(await readTestResults(jobOf('head1'), parts)).toEqual({ state: 'waiting' });
    forge.checksOf = checks;
    expect(await readTestResults(jobOf('head1'), parts)).toMatchObject({ state });
    expect(forge.sticky).toContain(said);
    await reviewPullRequest(jobOf('head1'), parts);
    expect(forge.sticky).toContain(said);
  });

  test.each(['none', 'pending'] as const)('whose checks are %s are not recommended', async (checks) => {
    const { forge, parts } = await offered();
    const before = forge.sticky;
    forge.checksOf = checks;
    expect(await readTestResults(jobOf('head1'), parts)).toEqual({ state: 'waiting' });
    expect(forge.sticky).toBe(before);
  });

  test('of a commit that is no longer the newest change no summary', async () => {
    const { forge, parts } = await offered();
    forge.pull = { ...forge.pull, headCommit: 'head2' };
    await reviewPullRequest(jobOf('head2'), { ...parts, journal: memoryJournal() });
    const before = forge.sticky;
    forge.checksOf = 'passed';
    expect(await readTestResults(jobOf('head1'), parts)).toMatchObject({ state: 'none' });
    expect(forge.sticky).toBe(before);
  });

  test.each([[{ fork: true }], [{ bot: true }]])('of %j go to no branch', async (pull) => {
    const { forge, parts } = await offered(pull);
    expect(forge.branches.size).toBe(0);
    expect(forge.sticky).toContain('not run');
    expect(await readTestResults(jobOf('head1'), parts)).toMatchObject({ state: 'none' });
  });
});

describe('a comment is no longer than GitHub takes', () => {
  const LONGEST = 65_536;
  const long = (length: number) => `// ${'word '.repeat(length / 5)}`;

  test('where tests are shown as text: what there is no room for is left out, and that is said', async () => {
    const forge = shop({ fork: true });
    const files = [1, 2, 3, 4].map((number) => ({
      ...{ path: `test/t${number}.test.js`, content: `${long(19_900)}\n`, covers: 'carts' },
    }));
    await reviewPullRequest(jobOf('head1'), partsOf(forge, scriptedModel({ tests: { files } })));
    expect(forge.sticky?.length).toBeLessThanOrEqual(LONGEST);
    expect(forge.sticky?.match(/The test<\/summary>/g)).toHaveLength(3);
    expect(forge.sticky).toContain('One comment holds no more');
    expect(forge.sticky).toMatch(/`test\/t4\.test\.js`: carts[\s\S]*tokens · \$0\.\d+<\/sub>$/);
  });

  test('where thirty findings stand on one line', async () => {
    const forge = shop();
    const findings = Array.from({ length: 30 }, () => ({ ...FINDING, explanation: '[x](y) '.repeat(280) }));
    await reviewPullRequest(
      jobOf('head1'),
      partsOf(forge, scriptedModel({ review: { findings }, verify: allSupported })),
    );
    const [body = ''] = [...forge.reviews.values()].flatMap(({ comments }) =>
      comments.map((one) => one.body),
    );
    expect(body.length).toBeGreaterThan(LONGEST / 2);
    expect(body.length).toBeLessThanOrEqual(LONGEST);
    expect(body).toMatch(/One comment holds no more[\s\S]*<!-- fleet-review place=\w+ severity=major -->$/);
  });
});
