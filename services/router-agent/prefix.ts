import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RefusedError, type RouterDocument } from './document.ts';
import { readIfThere } from './kept.ts';
import { type ServersByTarget, serversFile, serversOf } from './servers.ts';

/** Files of an nginx prefix: path below it → text. */
export type PrefixFiles = ReadonlyMap<string, string>;

export const DOCUMENT_FILE = 'nginx.conf';
export const TAG_FILE = 'servers/tag.map';
export const HOP_KEY_FILE = 'secrets/hop-key.map';
export const PID_FILE = 'run/nginx.pid';

const FOLDERS = ['run', 'logs', 'servers', 'secrets'];

/** nginx's words about the configuration in a folder; undefined if it takes it. */
export type ConfigurationTest = (folder: string) => Promise<string | undefined>;

/** The folder that nginx runs in. Its files are replaced whole and only by ones that nginx has taken in a test. */
export interface Prefix {
  /** Whether a document is in place. */
  exists(): boolean;
  read(path: string): Promise<string | undefined>;
  /**
   * Tests the files in a candidate folder and puts them in place. Returns whether anything changed.
   * @throws RefusedError with nginx's words; the files in place are as before
   */
  install(files: PrefixFiles): Promise<boolean>;
}

export function createPrefix(folder: string, test: ConfigurationTest): Prefix {
  const candidate = join(folder, 'candidate');

  async function read(path: string): Promise<string | undefined> {
    return readIfThere(join(folder, path));
  }

  async function isInPlace(files: PrefixFiles): Promise<boolean> {
    for (const [path, text] of files) if ((await read(path)) !== text) return false;
    return true;
  }

  async function stage(files: PrefixFiles): Promise<void> {
    await rm(candidate, { recursive: true, force: true });
    for (const name of FOLDERS) await makeFolder(join(candidate, name));
    for (const [path, text] of files)
      await writeFile(join(candidate, path), text, { mode: path === HOP_KEY_FILE ? 0o600 : 0o644 });
  }

  /** The document last: whatever it includes is there whenever nginx reads it. */
  async function replace(files: PrefixFiles): Promise<void> {
    for (const name of FOLDERS) await makeFolder(join(folder, name));
    const paths = [...files.keys()].sort((a, b) => Number(a === DOCUMENT_FILE) - Number(b === DOCUMENT_FILE));
    for (const path of paths) await rename(join(candidate, path), join(folder, path));
    for (const name of await readdir(join(folder, 'servers')))
      if (!files.has(`servers/${name}`)) await rm(join(folder, 'servers', name));
  }

  return {
    exists: () => existsSync(join(folder, DOCUMENT_FILE)),
    read,
    async install(files) {
      if (await isInPlace(files)) return false;
      try {
        await stage(files);
        const refusal = await test(candidate);
        if (refusal !== undefined) throw new RefusedError(refusal);
        await replace(files);
      } finally {
        await rm(candidate, { recursive: true, force: true });
      }
      return true;
    },
  };
}

/** The files that belong to a document. The tag names these servers in nginx's answer. */
export function routerFiles(
  { text, targets }: Pick<RouterDocument, 'text' | 'targets'>,
  servers: ServersByTarget,
  tag: string,
  hopKeyMap: string,
): PrefixFiles {
  return new Map([
    ...targets.map((target): [string, string] => [
      `servers/${target}.conf`,
      serversFile(serversOf(target, servers)),
    ]),
    [TAG_FILE, `default "${tag}";\n`],
    [HOP_KEY_FILE, hopKeyMap],
    [DOCUMENT_FILE, text],
  ]);
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: path.endsWith('secrets') ? 0o700 : 0o755 });
}
