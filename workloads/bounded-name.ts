import { sha256 } from './document.ts';

const HASH_LENGTH = 8;

/** Parts joined by hyphens; what is too long for the vendor ends in a hash of the whole, so that it stays unique. */
export function boundedName(parts: readonly string[], longest: number): string {
  const name = parts.join('-');
  return name.length <= longest
    ? name
    : `${name.slice(0, longest - HASH_LENGTH - 1)}-${sha256(name).slice(0, HASH_LENGTH)}`;
}
