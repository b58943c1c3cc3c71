/** Characters that GitHub takes for one comment. */
export const LONGEST_COMMENT = 65_536;

const BETWEEN = '\n\n';
const LEFT_OUT = 'One comment holds no more: something is left out.';

export interface Blocks {
  /** Stand in the comment whatever their length. */
  readonly first: readonly string[];
  /** In their order, each where there is room for it. */
  readonly middle: readonly string[];
  /** As `first`. */
  readonly last: readonly string[];
}

/** Blocks of Markdown as one comment, no longer than a comment may be. */
export function commentText({ first, middle, last }: Blocks): string {
  const lengthOf = (blocks: readonly string[]) =>
    blocks.reduce((sum, { length }) => sum + length + BETWEEN.length, 0);
  let room = LONGEST_COMMENT - lengthOf([...first, ...last, LEFT_OUT]);
  const kept = middle.filter((block) => {
    const fits = lengthOf([block]) <= room;
    room -= fits ? lengthOf([block]) : 0;
    return fits;
  });
  const note = kept.length < middle.length ? [LEFT_OUT] : [];
  return [...first, ...kept, ...note, ...last].join(BETWEEN);
}
