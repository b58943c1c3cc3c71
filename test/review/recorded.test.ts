import { describe, expect, test } from 'vitest';
import { parseDiff } from '../../review/diff/parse.ts';
import { placesOf } from '../../review/diff/placing.ts';
import { reviewPullRequest } from '../../review/pipeline.ts';
import { allSupported, memoryForge, scriptedModel } from './memory.ts';
import { type RecordedPullRequest, recordedPullRequests } from './pull-requests.ts';
import { jobOf, partsOf } from './shop.ts';

const RECORDED = recordedPullRequests();
const SETTINGS =
  'docs: { files: ["*.md", "*.rst", "doc.go"] }\ntests: { enabled: true, files: ["**/*test*"] }\n';

function forgeOf({ diff, before, after, title }: RecordedPullRequest) {
  const forge = memoryForge({ title });
  forge.trees.set('base', {
    '.fleet-review.yaml': SETTINGS,
    'NOTES.md': 'concurrency secret_key Parse\n',
    ...before,
  });
  forge.trees.set('head1', { 'NOTES.md': 'concurrency secret_key Parse\n', ...after });
  forge.diffs.set('base...head1', diff);
  return forge;
}

/** Lines of the diff that say enough to be found by their text alone, at most five of each file, on both sides. */
function quotable({ diff }: RecordedPullRequest) {
  return parseDiff(diff).flatMap((file) => {
    const places = placesOf(file).filter(({ kind }) => kind !== 'context');
    const telling = places.filter(
      ({ text, side }) =>
        text.trim().length > 12 &&
        placesOf(file).filter((one) => one.text.trim() === text.trim() && one.side === side).length === 1,
    );
    return telling.slice(0, 5).map((place) => ({ path: file.path, oldPath: file.oldPath, ...place }));
  });
}

test('there are eleven, in three languages', () => {
  expect(RECORDED).toHaveLength(11);
  expect(new Set(RECORDED.map(({ language }) => language)).size).toBe(3);
});

describe.each(RECORDED.map((recorded) => [recorded.name, recorded] as const))('%s', (_, recorded) => {
  test('has every line where the file has it', () => {
    for (const file of parseDiff(recorded.diff)) {
      const [old, young] = [recorded.before[file.oldPath ?? ''], recorded.after[file.path]].map((text = '') =>
        text.split('\n'),
      );
      for (const { side, line, text } of placesOf(file))
        expect((side === 'LEFT' ? old : young)?.[line - 1]).toBe(text);
    }
  });

  test('goes through all three stages; comments stand on the lines that they quote, whatever number the model gives', async () => {
    const forge = forgeOf(recorded);
    const wanted = quotable(recorded);
    const model = scriptedModel({
      review: (text) => ({
        findings: wanted
          .filter(({ path }) => text.includes(`FILE ${JSON.stringify(path)}`))
          .map(({ path, text: quote, side }, index) => ({
            ...{ path, quote, line: 9_000 + index, removed: side === 'LEFT' },
            ...{ severity: 'major', category: 'bug', title: `t${index}`, explanation: 'e' },
          })),
      }),
      verify: allSupported,
    });
    const outcome = await reviewPullRequest(jobOf('head1'), partsOf(forge, model));
    expect(outcome).toMatchObject({ state: 'reviewed' });
    const comments = [...forge.reviews.values()].flatMap((review) => review.comments);
    expect(comments.length).toBe(Math.min(20, wanted.length));
    for (const { path, line, side } of comments) {
      const found = wanted.filter((one) => one.path === path && one.line === line && one.side === side);
      expect(found, `${path}:${line}`).toHaveLength(1);
    }
    expect(forge.sticky).toContain('### Review of');
    if (wanted.length > 0)
      expect(model.asked.map(({ stage }) => stage)).toEqual(expect.arrayContaining(['review', 'verify']));
  });
});
