import { existsSync, readdirSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize, resolve } from 'node:path';
import { z } from 'zod';
import { Part } from '../contracts/part.ts';
import { hasCode, readIfPresent } from './files.ts';
import { environmentFolder, type Host, partFolder } from './host.ts';

export const MANIFEST = 'part.json';

/** Names in a part's folder that no document may have. */
const RESERVED = [MANIFEST, 'pid.json', 'log', 'log.1', 'lock'];

/** A part.json and the folder it lies in, together with the text of its documents. */
export interface Manifest {
  readonly part: Part;
  readonly text: string;
  readonly folder: string;
}

/**
 * Reads a part.json, synthesized or installed.
 * @throws Error that names the file and everything that is wrong with it
 */
export function readManifest(path: string): Manifest {
  const text = readIfPresent(path)?.toString();
  if (text === undefined) throw new Error(`${path}: there is no such manifest; \`cdktf synth\` writes it`);
  const parsed = Part.safeParse(parseJson(path, text));
  if (!parsed.success) throw new Error(`${path}: not a manifest\n${z.prettifyError(parsed.error)}`);
  const part = parsed.data;
  for (const { file } of part.documents) {
    const inside = normalize(file);
    const outside = isAbsolute(inside) || inside.startsWith('..') || inside !== file;
    if (outside || RESERVED.includes(inside.split('/')[0] ?? ''))
      throw new Error(
        `${path}: a document may not be called ${file}; use a plain path below the part's folder, none of ${RESERVED.join(', ')}`,
      );
  }
  return { part, text, folder: dirname(path) };
}

/** The manifest that a part was last given. Undefined: none, or none that can be read. */
export function installedManifest(folder: string): Manifest | undefined {
  try {
    return readManifest(join(folder, MANIFEST));
  } catch {
    return undefined;
  }
}

/** The names of all parts that were ever installed in an environment, sorted. */
export function installedParts(host: Pick<Host, 'project'>, environment: string): string[] {
  const home = environmentFolder(host, environment);
  return foldersIn(home)
    .filter((name) => existsSync(join(home, name, MANIFEST)))
    .toSorted();
}

/** What a part is known by. */
export type PartName = Pick<Part, 'environment' | 'name'>;

/** Replaces `{toolkit}`, `{project}`, `{environment}` and `{part}` by their folders; other braces stay. */
export function fillPlaceholders(text: string, { environment, name }: PartName, host: Host): string {
  const folders = {
    '{toolkit}': host.toolkit,
    '{project}': host.project,
    '{environment}': environmentFolder(host, environment),
    '{part}': partFolder(host, environment, name),
  };
  return Object.entries(folders).reduce(
    (filled, [key, folder]) => filled.replaceAll(key, () => folder),
    text,
  );
}

/** A path of the manifest as an absolute one: relative paths count from the project's folder. */
export function resolvePath(path: string, part: PartName, host: Host): string {
  return resolve(host.project, fillPlaceholders(path, part, host));
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: not valid JSON`, { cause: error });
  }
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
