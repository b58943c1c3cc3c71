import { join } from 'node:path';
import type { Remains } from './inputs.ts';
import { keptFile } from './kept.ts';
import { DOCUMENT_FILE, HOP_KEY_FILE, type Prefix } from './prefix.ts';

/** What is kept below an nginx prefix. */
export function remainsIn(folder: string, prefix: Prefix): Remains {
  return {
    servers: keptFile(join(folder, 'kept/servers.json')),
    machines: (place) => keptFile(join(folder, `kept/machines-${place}.json`)),
    document: () => prefix.read(DOCUMENT_FILE),
    hopKeyMap: () => prefix.read(HOP_KEY_FILE),
  };
}
