import { cloudSection } from '../../../contracts/cloud-section.ts';
import { ENGINE_FOLDER, engineSource } from '../../../contracts/engine-packages.ts';
import type { Environment } from '../../../contracts/environment.ts';
import { definitionOf, releasesOf } from '../../../contracts/release.ts';
import {
  HARMONY_FOLDER,
  MANIFEST_FILE,
  WeightsManifest,
  weightsFolder,
} from '../../../contracts/weights-manifest.ts';
import { parseJson } from '../../json.ts';
import type { Bucket } from '../cloud.ts';
import type { CloudCheck, Examination } from './check.ts';

/** The weights of each model with own nodes, and what nodes need beside them: gpt-oss' vocabulary, a container engine. */
export function weightsFindings({ environment, section, cloud, fixes }: Examination): CloudCheck[] {
  const name = section.weights.bucket;
  if (name === undefined) return [];
  const bucket = cloud.bucket(name);
  const bucketCheck: CloudCheck = {
    what: `weights bucket ${name}`,
    look: async () =>
      (await bucket.versioned()) === undefined
        ? { state: 'missing', detail: 'there is no such bucket', fix: fixes.bucket(name) }
        : { state: 'found', detail: bucket.url },
  };
  const models = ownModels(environment);
  const folders = models.map(({ model, weights }) => ({
    what: `weights ${model}`,
    folder: weightsFolder(weights),
    model,
  }));
  const [first] = models.filter(({ weights }) => needsHarmony(weights));
  const harmony =
    first === undefined ? [] : [{ what: 'Harmony vocabulary', folder: HARMONY_FOLDER, model: first.model }];
  const engine =
    models[0] !== undefined && needsEngine(environment)
      ? [{ what: 'container engine', folder: ENGINE_FOLDER, model: models[0].model }]
      : [];
  return [
    bucketCheck,
    ...[...folders, ...harmony, ...engine].map(({ what, folder, model }): CloudCheck => {
      const fix = `fleet weights push ${environment.name} ${model}`;
      return { what, fix, look: () => folderFinding(bucket, folder, fix) };
    }),
  ];
}

/** Models that own nodes serve, with where the model hub has their weights. */
export function ownModels(environment: Environment): { readonly model: string; readonly weights: string }[] {
  const models = releasesOf(environment).flatMap(({ model, kind }) => (kind === 'nodes' ? [model] : []));
  return [...new Set(models)].flatMap((model) => {
    const weights = definitionOf(environment, model)?.weights;
    return weights === undefined ? [] : [{ model, weights }];
  });
}

/** Whether machines install their container engine when they boot, and find it in the bucket. */
export function needsEngine(environment: Environment): boolean {
  const section = cloudSection(environment);
  return (
    section !== undefined &&
    [section.nodeImage, section.routerImage ?? section.nodeImage].some(
      (image) => engineSource(section, image) === 'bucket',
    )
  );
}

/** Whether vLLM speaks the Harmony format with a model: it goes by the model's path. */
export function needsHarmony(weights: string): boolean {
  return weights.includes('gpt-oss');
}

async function folderFinding(
  bucket: Bucket,
  folder: string,
  fix: string,
): Promise<Awaited<ReturnType<CloudCheck['look']>>> {
  const text = await bucket.read(`${folder}/${MANIFEST_FILE}`);
  if (text === undefined) return { state: 'missing', detail: `${folder} has no manifest`, fix };
  const manifest = WeightsManifest.safeParse(parseJson(text)).data;
  if (manifest === undefined) return { state: 'missing', detail: `the manifest of ${folder} is broken`, fix };
  const objects = await Promise.all(manifest.files.map(({ path }) => bucket.head(`${folder}/${path}`)));
  const wrong = manifest.files.filter((file, index) => {
    const object = objects[index];
    return object?.bytes !== file.bytes || (object.sha256 !== undefined && object.sha256 !== file.sha256);
  });
  return wrong.length === 0
    ? { state: 'found', detail: `${manifest.files.length} files` }
    : { state: 'missing', detail: `missing or different: ${wrong.map(({ path }) => path).join(', ')}`, fix };
}
