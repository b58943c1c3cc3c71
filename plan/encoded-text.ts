import { gunzipSync } from 'node:zlib';

const MOST_BYTES = 1_000_000;
const BASE64 = /^[A-Za-z0-9+/\r\n]{24,}={0,2}\s*$/;

/** What a text says when base64 and gzip are taken off, as often as they are on; undefined where neither is. */
export function decoded(text: string): string | undefined {
  let layer: string | undefined = text;
  let found: string | undefined;
  for (let depth = 0; depth < 3; depth += 1) {
    layer = once(layer);
    if (layer === undefined) return found;
    found = layer;
  }
  return found;
}

function once(text: string): string | undefined {
  if (!BASE64.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return unzipped(bytes);
  const plain = bytes.toString('utf8');
  return isText(plain) ? plain : undefined;
}

function unzipped(bytes: Buffer): string | undefined {
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES }).toString('utf8');
  } catch {
    return undefined;
  }
}

/** Random bytes are almost never valid UTF-8 without control characters. */
function isText(text: string): boolean {
  for (let index = 0; index < Math.min(text.length, 400); index += 1) {
    const code = text.charCodeAt(index);
    if (code === 0xfffd || (code < 32 && code !== 9 && code !== 10 && code !== 13)) return false;
  }
  return text.length > 0;
}
