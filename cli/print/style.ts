import { styleText } from 'node:util';
import Table from 'cli-table3';

/** Colours a text, or leaves it as it is where colours are not wanted. */
export type Paint = (colour: 'green' | 'red' | 'yellow' | 'dim' | 'bold', text: string) => string;

export const paint: Paint = (colour, text) => styleText(colour, text);
export const plain: Paint = (_colour, text) => text;

const NO_BORDERS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '' },
  ...{ 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '' },
  ...{ 'right-mid': '', middle: '  ' },
};

/** Aligned columns without borders, one line per row. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], paint: Paint): string {
  const lines = new Table({
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  lines.push(
    head.map((title) => paint('dim', title)),
    ...rows.map((row) => [...row]),
  );
  return lines.toString().replace(/[ ]+$/gm, '');
}
