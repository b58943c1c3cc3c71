import { join } from 'node:path';
import { cloudSection } from '../../contracts/cloud-section.ts';
import { documentsBucket } from '../../contracts/document-objects.ts';
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
  const cloud = cloudSection(environment);
  if (cloud === undefined) return folderShelf(join(stateFolder(context.project, name), FOLDER));
  const { openCloud } = await import('../clouds/open-cloud.ts');
  return bucketShelf((await openCloud(environment, context.env)).bucket(documentsBucket(name, cloud)));
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
