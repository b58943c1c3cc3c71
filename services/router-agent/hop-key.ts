/**
 * The entries of the map that recognises the hop key. A case-sensitive pattern: plain entries of an nginx map
 * ignore case.
 * @throws Error if the key cannot be a header's value
 */
export function hopKeyMap(key: string): string {
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new Error('the hop key must be one line of printable ASCII without spaces (value not shown)');
  return `"~^${key.replace(/[^A-Za-z0-9]/g, hexEscape)}$" 1;\n`;
}

function hexEscape(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
