import type { Job } from '../../review/journal.ts';
import type { ReviewModel } from '../../review/model.ts';
import type { Parts } from '../../review/pipeline.ts';
import { gitDiffs } from './git-folder.ts';
import {
  allSupported,
  type Files,
  type MemoryForge,
  memoryForge,
  memoryJournal,
  scriptedModel,
} from './memory.ts';

const SETTINGS = `docs:\n  files: ['*.md']\ntests:\n  enabled: true\n  files: ['test/**']\n`;

const CART = 'export function total(prices) {\n  return prices.reduce((sum, price) => sum + price, 0);\n}\n';

export const BASE: Files = {
  '.fleet-review.yaml': SETTINGS,
  'README.md': '# Shop\n\nUse `total(prices)` to add up a cart.\n\nMore.\n',
  'src/cart.js': CART,
  'test/cart.test.js': "import { total } from '../src/cart.js';\n",
};

export const HEAD1: Files = {
  ...BASE,
  'src/cart.js': CART.replace('total(prices)', 'sumOf(prices)').replace(', 0)', ')'),
};

export const HEAD2: Files = {
  ...HEAD1,
  'src/tax.js': 'export const tax = (price) => price * 19;\n',
};

const [one, two, step] = gitDiffs([
  { before: BASE, after: HEAD1 },
  { before: BASE, after: HEAD2 },
  { before: HEAD1, after: HEAD2 },
]).map(({ diff }) => diff);

/** A pull request with two pushes, head1 and head2. */
export function shop(pull: Parameters<typeof memoryForge>[0] = {}): MemoryForge {
  const forge = memoryForge(pull);
  for (const [commit, files] of Object.entries({ base: BASE, head1: HEAD1, head2: HEAD2 }))
    forge.trees.set(commit, files);
  forge.diffs.set('base...head1', one ?? '');
  forge.diffs.set('base...head2', two ?? '');
  forge.diffs.set('head1...head2', step ?? '');
  return forge;
}

export const FINDING = {
  ...{ path: 'src/cart.js', line: 2, removed: false, severity: 'major', category: 'bug' },
  quote: '  return prices.reduce((sum, price) => sum + price);',
  ...{ title: 'an empty cart throws', explanation: '`reduce` without a first value throws for `[]`.' },
};

export const EDIT = {
  ...{ path: 'README.md', find: 'Use `total(prices)` to', replace: 'Use `sumOf(prices)` to' },
  why: 'the function was renamed',
};

export const TEST = {
  ...{ path: 'test/cart-empty.test.js', content: 'test("empty", () => {});\n', covers: 'empty carts' },
};

/** Finds one thing in the cart, one false sentence, one test to write. */
export function shopModel(): ReturnType<typeof scriptedModel> {
  return scriptedModel({
    review: (text) => ({ findings: text.includes('src/cart.js') ? [FINDING] : [] }),
    verify: allSupported,
    docs: { edits: [EDIT] },
    tests: { files: [TEST] },
  });
}

export const jobOf = (headCommit: string): Job => ({
  of: { owner: 'acme', repository: 'shop', number: 7 },
  headCommit,
});

export function partsOf(forge: MemoryForge, model: ReviewModel, journal = memoryJournal()): Parts {
  return {
    ...{ forge, model, journal, modelName: 'gpt-oss-120b' },
    signal: new AbortController().signal,
    log: () => undefined,
  };
}
