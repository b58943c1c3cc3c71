import { open } from 'node:fs/promises';

/** One part of a file, whole: a file that has become shorter is an error. */
export async function readPart(
  path: string,
  offset: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const file = await open(path);
  try {
    const part = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      const { bytesRead } = await file.read(part, filled, length - filled, offset + filled);
      if (bytesRead === 0) throw new Error(`${path} has become shorter while it was read`);
      filled += bytesRead;
    }
    return part;
  } finally {
    await file.close();
  }
}
