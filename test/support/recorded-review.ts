import { allSupported, scriptedModel } from '../review/memory.ts';
import type { RecordedPullRequest } from '../review/pull-requests.ts';
import type { GithubApi } from './github/api.ts';
import type { StoredPull } from './github/stored.ts';

const NUMBER = 7;
const MOST_LINES = 20;
const LINES_OF_A_FILE = 3;
const SETTINGS =
  'tokensPerFile: 100000\ntokens: 1000000\ndocs: { files: [GUIDE.md] }\ntests: { enabled: true, files: ["**/*test*"] }\n';

/** A line of the change, found by its text alone and not by any reader of diffs. */
export interface ChangedLine {
  readonly path: string;
  readonly side: 'LEFT' | 'RIGHT';
  readonly line: number;
  readonly text: string;
}

/** A recorded change as a pull request of the stand-in, and all that a scripted model says of it. */
export interface StagedChange {
  readonly pull: StoredPull;
  readonly base: string;
  readonly head: string;
  readonly lines: readonly ChangedLine[];
  readonly edit: { readonly path: string; readonly find: string; readonly replace: string };
  readonly test: { readonly path: string; readonly content: string };
  readonly model: ReturnType<typeof scriptedModel>;
}

const TEST_OF: Readonly<Record<string, StagedChange['test']>> = {
  Go: {
    path: 'review_test.go',
    content: 'package uuid\n\nimport "testing"\n\nfunc TestIt(t *testing.T) {}\n',
  },
  JavaScript: { path: 'review.test.js', content: "import test from 'ava';\ntest('it', t => t.pass());\n" },
  Python: { path: 'tests/test_review.py', content: 'def test_it():\n    assert True\n' },
};

/**
 * Makes the commits, opens the pull request and writes the script: every line that is surely changed is found fault with
 * under a wrong number, a guide that has a word of the change is corrected, one test is written.
 */
export function stageChange(github: GithubApi, recorded: RecordedPullRequest): StagedChange {
  const { before, after, language, title } = recorded;
  const test = TEST_OF[language];
  if (test === undefined) throw new Error(`${recorded.name}: no test is written in ${language}`);
  const gone = Object.keys(before).filter((path) => after[path] === undefined);
  const word = /[A-Za-z_]\w{4,}/.exec(changedLines(before, after)[0]?.text ?? '')?.[0] ?? 'nothing';
  const find = `Mind what \`${word}\` does.`;
  const edit = { path: 'GUIDE.md', find, replace: `Mind what \`${word}\` does now.` };
  const guide = `# Guide\n\n${find}\n\nMore.\n`;
  const { repository } = github;
  const base = repository.commit({ '.fleet-review.yaml': SETTINGS, 'GUIDE.md': guide, ...before });
  const head = repository.commit(
    { ...Object.fromEntries(gone.map((path) => [path, undefined])), ...after },
    base,
  );
  const lines = changedLines(before, after).slice(0, MOST_LINES);
  const pull = github.open(NUMBER, base, head, { title });
  return { pull, base, head, lines, edit, test, model: modelOf(lines, edit, test) };
}

function modelOf(lines: readonly ChangedLine[], edit: StagedChange['edit'], test: StagedChange['test']) {
  return scriptedModel({
    review: (asked) => ({
      findings: lines
        .filter(({ path }) => asked.includes(`FILE ${JSON.stringify(path)}`))
        .map(({ path, side, text }, index) => ({
          ...{ path, line: 9_000 + index, removed: side === 'LEFT', quote: text },
          ...{ severity: 'major', category: 'bug', title: `about ${side}`, explanation: 'It is wrong.' },
        })),
    }),
    verify: allSupported,
    docs: { edits: [{ ...edit, why: 'it does something else' }] },
    tests: { files: [{ ...test, covers: 'the change' }] },
  });
}

/** Lines whose text one side has once and the other one not at all, a few of each file. Nothing of the product is asked. */
function changedLines(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): ChangedLine[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return paths.flatMap((path) => [
    ...onlyIn(after[path], before[path]).map((found) => ({ path, side: 'RIGHT' as const, ...found })),
    ...onlyIn(before[path], after[path]).map((found) => ({ path, side: 'LEFT' as const, ...found })),
  ]);
}

function onlyIn(having: string | undefined, lacking: string | undefined) {
  const plain = (text: string) => text.replace(/\s+/g, ' ').trim();
  const others = new Set((lacking ?? '').split('\n').map(plain));
  const all = (having ?? '').split('\n');
  return all
    .map((text, index) => ({ text, line: index + 1 }))
    .filter(({ text }) => {
      const wanted = plain(text);
      return (
        wanted.length > 12 && !others.has(wanted) && all.filter((one) => plain(one) === wanted).length === 1
      );
    })
    .slice(0, LINES_OF_A_FILE);
}
