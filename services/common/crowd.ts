/** What can be in a crowd. */
export interface Member {
  /** Where it stands; the crowd's own. */
  place: number;
}

/** A set of objects that come and go all the time. */
export interface Crowd<T extends Member> {
  readonly members: readonly T[];
  /** An object is in one crowd, once. */
  add(member: T): void;
  /** Only the first call counts. */
  delete(member: T): void;
}

const OUTSIDE = -1;

/**
 * A `Set` or a `Map` would do, were it not for V8: one that grows and shrinks is copied to a new table now and then, and
 * the old table keeps its members and points to the new one. From the first of them that reached the old generation all
 * later ones, with the requests in them, live until the next collection of everything.
 */
export function createCrowd<T extends Member>(): Crowd<T> {
  const members: T[] = [];
  return {
    members,
    add(member) {
      member.place = members.push(member) - 1;
    },
    delete(member) {
      if (member.place === OUTSIDE) return;
      const last = members.pop();
      if (last !== undefined && last !== member) {
        members[member.place] = last;
        last.place = member.place;
      }
      member.place = OUTSIDE;
    },
  };
}
