/** Colours that the style sheet has for the scheme in use. */
export interface Theme {
  readonly text: string;
  readonly quiet: string;
  readonly grid: string;
  readonly bad: string;
  readonly lines: readonly string[];
}

const LINES = 8;

export function themeOf(element: Element): Theme {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: colour('--text'),
    quiet: colour('--quiet'),
    grid: colour('--grid'),
    bad: colour('--bad'),
    lines: Array.from({ length: LINES }, (_, index) => colour(`--line-${index + 1}`)),
  };
}

/** How a line is drawn: a release has one colour on the whole page, its nodes differ in their dashes. */
export interface Look {
  readonly colour: string;
  readonly dash: readonly number[];
}

const DASHES: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [10, 3, 2, 3]];

/** Gives out looks in the order of being asked, and the same look to the same labels. */
export function createLooks(theme: Theme): (labels: Readonly<Record<string, string>>) => Look {
  const releases = new Map<string, Set<string>>();
  return ({ model = '', release = '', node = '' }) => {
    const name = `${model} ${release}`;
    const nodes = releases.get(name) ?? new Set();
    releases.set(name, node === '' ? nodes : nodes.add(node));
    const colour = [...releases.keys()].indexOf(name) % LINES;
    return {
      colour: theme.lines[colour] ?? theme.text,
      dash: DASHES[[...nodes].indexOf(node) % DASHES.length] ?? [],
    };
  };
}
