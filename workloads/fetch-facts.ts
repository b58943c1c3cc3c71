import type { CloudSection } from '../contracts/cloud-section.ts';
import { ENGINE_FILES, ENGINE_FOLDER, engineSource } from '../contracts/engine-packages.ts';
import { HARMONY_FILES, HARMONY_FOLDER } from '../contracts/weights-manifest.ts';

/** What a machine brings to its disk, and where from: `fetch.json`, which fetch.py reads. No secret is among it. */
export interface FetchFacts {
  readonly platform: CloudSection['platform'];
  readonly region: string;
  readonly project: string | null;
  /** null: everything comes from its publisher. */
  readonly bucket: string | null;
  /** Folders by the step that brings them. */
  readonly folders: Readonly<Record<string, readonly string[]>>;
  /** Files of folders that are published elsewhere than on the model hub; none where there is a bucket. */
  readonly published: Readonly<Record<string, readonly PublishedFile[]>>;
  /** The model hub's id. */
  readonly weights?: string;
  /** Name of the hub's token in the secret store. */
  readonly hubToken: string | null;
}

export interface PublishedFile {
  readonly path: string;
  readonly sha256: string;
  readonly source: string;
}

const PUBLISHED = { [HARMONY_FOLDER]: HARMONY_FILES, [ENGINE_FOLDER]: ENGINE_FILES };

/** @param folders What is wanted beside the container engine, by step. */
export function fetchFacts(
  cloud: CloudSection,
  image: string | undefined,
  folders: FetchFacts['folders'],
): FetchFacts {
  const all: FetchFacts['folders'] =
    engineSource(cloud, image) === 'image' ? folders : { ...folders, engine: [ENGINE_FOLDER] };
  const wanted = Object.values(all).flat();
  const { bucket } = cloud.weights;
  return {
    platform: cloud.platform,
    region: cloud.region,
    project: cloud.platform === 'google' ? cloud.project : null,
    bucket: bucket ?? null,
    folders: all,
    published:
      bucket === undefined
        ? Object.fromEntries(Object.entries(PUBLISHED).filter(([folder]) => wanted.includes(folder)))
        : {},
    hubToken: null,
  };
}

export function fetchDocument(facts: FetchFacts): string {
  return `${JSON.stringify(facts, null, 2)}\n`;
}
