import { RefusedError } from './document.ts';

/**
 * The entries of the map that recognises the hop key. A case-sensitive pattern: plain entries of an nginx map
 * ignore case.
 * @throws RefusedError if the key cannot be a header's value
 */
export function hopKeyMap(key: string): string {
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new RefusedError(
      'the hop key must be one line of printable ASCII without spaces (value not shown)',
    );
  return `"~^${key.replace(/[^A-Za-z0-9]/g, hexEscape)}$" 1;\n`;
}

function hexEscape(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
