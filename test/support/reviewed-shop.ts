/** A small shop that is reviewed: its repository, a change of it, and what a scripted model says of that. */
const CART = 'export function total(prices) {\n  return prices.reduce((sum, price) => sum + price, 0);\n}\n';
export const CHANGED_CART = CART.replace('total(prices)', 'sumOf(prices)').replace(', 0)', ')');
/** Of the repository, by path. */
export const SHOP = {
  '.fleet-review.yaml': "docs:\n  files: ['*.md']\ntests:\n  enabled: true\n  files: ['test/**']\n",
  'README.md': '# Shop\n\nUse `total(prices)` to add up a cart.\n\nMore.\n',
  'src/cart.js': CART,
  'test/cart.test.js': "import { total } from '../src/cart.js';\n",
};

/** What the simulator says, by what only the question of one stage has. */
export const SHOP_ANSWERS = [
  {
    contains: 'CODE OF CLAIM 1',
    content: JSON.stringify({ verdicts: [{ claim: 1, evidence: 'no first value', verdict: 'supported' }] }),
  },
  {
    contains: 'TESTS MAY BE WRITTEN TO',
    content: JSON.stringify({
      files: [{ path: 'test/empty.test.js', content: 'test("empty", () => {});\n', covers: 'empty carts' }],
    }),
  },
  {
    contains: 'DOCUMENT "README.md"',
    content: JSON.stringify({
      edits: [
        {
          ...{ path: 'README.md', find: 'Use `total(prices)` to', replace: 'Use `sumOf(prices)` to' },
          why: 'the function was renamed',
        },
      ],
    }),
  },
  {
    contains: 'WHAT THE AUTHOR SAYS',
    content: JSON.stringify({
      findings: [
        {
          ...{ path: 'src/cart.js', line: 2, removed: false, severity: 'major', category: 'bug' },
          quote: '  return prices.reduce((sum, price) => sum + price);',
          ...{ title: 'an empty cart throws', explanation: 'reduce without a first value throws.' },
        },
      ],
    }),
  },
];
