import { join } from 'node:path';
import { cloudSection } from '../../contracts/cloud-section.ts';
import type { Environment } from '../../contracts/environment.ts';
import { readIfPresent, writeAtomically } from '../../parts/files.ts';
import type { Bucket } from '../clouds/cloud.ts';
import type { Context } from '../context.ts';
import { stateFolder } from '../project.ts';

/** Where rollouts are kept, beside the routers' document: named texts, each replaced in one step. */
export interface Shelf {
  /** For messages. */
  readonly place: string;
  readonly read: (name: string) => Promise<string | undefined>;
  readonly write: (name: string, text: string) => Promise<void>;
}

const FOLDER = 'rollouts';

/** On one's own hosts a folder of the environment, on a cloud a prefix of the bucket that carries its documents. */
export async function openShelf(environment: Environment, context: Context): Promise<Shelf> {
  const { name } = environment;
  const bucket = documentBucketOf(environment);
  if (bucket === undefined) return folderShelf(join(stateFolder(context.project, name), FOLDER));
  const { openCloud } = await import('../clouds/open-cloud.ts');
  return bucketShelf((await openCloud(environment, context.env)).bucket(bucket));
}

export function folderShelf(folder: string): Shelf {
  return {
    place: folder,
    read: async (name) => readIfPresent(join(folder, name))?.toString(),
    write: async (name, text) => writeAtomically(join(folder, name), text),
  };
}

export function bucketShelf(bucket: Pick<Bucket, 'url' | 'read' | 'write'>): Shelf {
  return {
    place: `${bucket.url}/${FOLDER}`,
    read: (name) => bucket.read(`${FOLDER}/${name}`),
    write: (name, text) => bucket.write(`${FOLDER}/${name}`, text),
  };
}

/** The bucket of a cloud environment's documents; undefined on one's own hosts. */
export function documentBucketOf(environment: Environment): string | undefined {
  const section = cloudSection(environment);
  if (section === undefined) return undefined;
  const owner = section.platform === 'aws' ? section.account : section.project;
  return `${owner}-${environment.name}-fleet-documents`;
}
