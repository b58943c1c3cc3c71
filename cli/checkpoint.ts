import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Variables } from './context.ts';
import { Failure } from './errors.ts';
import { parseJson } from './json.ts';

/** A file of a checkpoint as it lies on this host. */
export interface LocalFile {
  /** Relative to the checkpoint's folder, with `/`. */
  readonly path: string;
  readonly absolute: string;
  readonly bytes: number;
}

/** Parts of a repository on the model hub that vLLM does not read: the same weights again in other formats. */
const LEFT_OUT = ['original', 'metal'];

const Index = z.object({ weight_map: z.record(z.string(), z.string()) });

/** The command that downloads a checkpoint without what is left out. */
export function downloadCommand(weights: string): string {
  return `hf download ${weights} ${LEFT_OUT.map((folder) => `--exclude '${folder}/*'`).join(' ')}`;
}

/**
 * Where `hf download` has put a checkpoint.
 * @throws Failure with the command that downloads it
 */
export function hubFolder(weights: string, { HF_HUB_CACHE, HF_HOME, HOME = '' }: Variables): string {
  const cache = HF_HUB_CACHE ?? join(HF_HOME ?? join(HOME, '.cache/huggingface'), 'hub');
  const repository = join(cache, `models--${weights.replaceAll('/', '--')}`);
  const reference = join(repository, 'refs/main');
  const snapshot = existsSync(reference)
    ? join(repository, 'snapshots', readFileSync(reference, 'utf8').trim())
    : undefined;
  if (snapshot !== undefined && existsSync(snapshot)) return snapshot;
  throw new Failure(
    `${weights} is not in the hub's cache (${cache}); download it, or name its folder with --from:\n  ${downloadCommand(weights)}`,
  );
}

/**
 * The files of a checkpoint that a node needs, in the order of their paths.
 * @throws Failure where something is missing that vLLM would look for
 */
export function checkpointFiles(folder: string, weights: string): LocalFile[] {
  if (!existsSync(join(folder, 'config.json'))) {
    throw new Failure(
      `${folder} is no checkpoint: it has no config.json; download it:\n  ${downloadCommand(weights)}`,
    );
  }
  const files = filesBelow(folder, '').toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const index = files.find(({ path }) => path === 'model.safetensors.index.json');
  const wanted = index === undefined ? [] : shardsOf(index);
  const missing = wanted.filter((shard) => !files.some(({ path }) => path === shard));
  if (missing.length > 0) {
    throw new Failure(
      `${folder} is incomplete: ${missing.join(', ')} are missing; finish the download:\n  ${downloadCommand(weights)}`,
    );
  }
  if (!files.some(({ path }) => path.endsWith('.safetensors'))) {
    throw new Failure(`${folder} has no *.safetensors; download it:\n  ${downloadCommand(weights)}`);
  }
  return files;
}

function filesBelow(folder: string, prefix: string): LocalFile[] {
  return readdirSync(join(folder, prefix)).flatMap((name): LocalFile[] => {
    const path = prefix === '' ? name : `${prefix}/${name}`;
    const absolute = join(folder, path);
    // The hub's cache holds links to its blobs.
    const stat = statSync(absolute);
    if (name.startsWith('.') || (stat.isDirectory() && prefix === '' && LEFT_OUT.includes(name))) return [];
    return stat.isDirectory() ? filesBelow(folder, path) : [{ path, absolute, bytes: stat.size }];
  });
}

function shardsOf({ absolute }: LocalFile): string[] {
  const index = Index.safeParse(parseJson(readFileSync(absolute, 'utf8'))).data;
  if (index === undefined) throw new Failure(`${absolute} is broken; download it again`);
  return [...new Set(Object.values(index.weight_map))];
}

export interface Digests {
  /** In hexadecimal. */
  readonly sha256: string;
  /** In base64. */
  readonly md5: string;
}

/** Reads a file once, for both digests. */
export async function digestsOf(path: string, read: (bytes: number) => void): Promise<Digests> {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    sha256.update(chunk);
    md5.update(chunk);
    bytes += chunk.length;
    read(bytes);
  }
  return { sha256: sha256.digest('hex'), md5: md5.digest('base64') };
}
