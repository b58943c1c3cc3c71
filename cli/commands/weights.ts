import { join, resolve } from 'node:path';
import { cloudSection } from '../../contracts/cloud-section.ts';
import type { Environment } from '../../contracts/environment.ts';
import { definitionOf } from '../../contracts/release.ts';
import {
  MANIFEST_FILE,
  manifestText,
  type WeightsFile,
  weightsFolder,
} from '../../contracts/weights-manifest.ts';
import { checkpointFiles, digestsOf, hubFolder, type LocalFile } from '../checkpoint.ts';
import type { Bucket, Upload, UploadSessions } from '../clouds/cloud.ts';
import { needsEngine, needsHarmony } from '../clouds/doctor/weights.ts';
import { openCloud } from '../clouds/open-cloud.ts';
import type { Context } from '../context.ts';
import { Failure, UsageError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { environmentFile, readEnvironment, stateFolder } from '../project.ts';
import { checkPublished, ENGINE, HARMONY, type PublishedFolder, publishedFiles } from '../published-files.ts';
import { transferProgress } from '../transfer-progress.ts';
import { uploadSessions } from '../upload-sessions.ts';

export interface PushedFolder {
  /** In the bucket. */
  readonly folder: string;
  readonly uploaded: readonly string[];
  /** Were there already, byte for byte. */
  readonly unchanged: readonly string[];
}

export interface PushResult {
  readonly environment: string;
  readonly model: string;
  readonly bucket: string;
  readonly from: string;
  readonly folders: readonly PushedFolder[];
  readonly uploadedBytes: number;
}

/** What goes into one folder of the bucket. */
interface Part {
  readonly folder: string;
  readonly name: string;
  readonly files: readonly LocalFile[];
  /** Where the files must be the published ones. */
  readonly published?: PublishedFolder;
}

interface Target {
  readonly bucket: Bucket;
  readonly sessions: UploadSessions;
  readonly context: Context;
}

/**
 * Brings a checkpoint, and what its nodes need beside it, into the environment's weights bucket: what is missing or
 * different, the manifest last. Another run goes on where an interrupted one ended.
 * @throws UsageError, EnvironmentError, Failure
 */
export async function pushWeights(
  environmentName: string,
  model: string,
  { from }: { readonly from?: string },
  context: Context,
): Promise<PushResult> {
  const { project, env, folder: workingFolder } = context;
  const environment = readEnvironment(project, environmentName);
  const weights = weightsOf(environment, model);
  const name = bucketOf(environment);
  const folder = from === undefined ? hubFolder(weights, env) : resolve(workingFolder, from);
  const published = [
    ...(needsHarmony(weights) ? [HARMONY] : []),
    ...(needsEngine(environment) ? [ENGINE] : []),
  ];
  const parts: Part[] = [
    { folder: weightsFolder(weights), name: weights, files: checkpointFiles(folder, weights) },
    ...published.map((one) => ({
      folder: one.folder,
      name: one.folder,
      files: publishedFiles(project, env, one),
      published: one,
    })),
  ];
  const bucket = (await openCloud(environment, env)).bucket(name);
  if ((await bucket.versioned()) === undefined) {
    throw new Failure(
      `${bucket.url} does not exist; \`fleet doctor ${environmentName}\` prints the command that makes it`,
    );
  }
  const sessions = uploadSessions(join(stateFolder(project, environmentName), 'uploads.json'), name);
  const folders: PushedFolder[] = [];
  let uploadedBytes = 0;
  for (const part of parts) {
    const pushed = await pushFolder(part, { bucket, sessions, context });
    folders.push(pushed.result);
    uploadedBytes += pushed.bytes;
  }
  return { environment: environmentName, model, bucket: bucket.url, from: folder, folders, uploadedBytes };
}

function weightsOf(environment: Environment, model: string): string {
  if (environment.models[model] === undefined) {
    throw new UsageError(
      `${environment.name} has no model ${model}; ${nearest(model, Object.keys(environment.models))}`,
    );
  }
  const weights = definitionOf(environment, model)?.weights;
  if (weights === undefined)
    throw new UsageError(`no weights of ${model} were published; there is nothing to push`);
  return weights;
}

function bucketOf(environment: Environment): string {
  const section = cloudSection(environment);
  if (section?.weights.bucket !== undefined) return section.weights.bucket;
  const { name, platform } = environment;
  throw new Failure(
    section === undefined
      ? `${name} is on platform ${platform}; only google and aws have a weights bucket`
      : `${name} has no weights bucket; add \`weights: { bucket: <name> }\` under \`${platform}\` in ${environmentFile(name)}`,
  );
}

async function pushFolder(
  { folder, name, files, published }: Part,
  { bucket, sessions, context }: Target,
): Promise<{ readonly result: PushedFolder; readonly bytes: number }> {
  const uploads: Upload[] = [];
  for (const file of files) {
    const upload = await uploadOf(file, folder, context);
    if (published !== undefined) checkPublished(published, file.path, upload.sha256);
    uploads.push(upload);
  }
  const missing: Upload[] = [];
  for (const upload of uploads) if (!(await isThere(upload, bucket))) missing.push(upload);
  for (const [index, upload] of missing.entries()) {
    const what = `${index + 1} of ${missing.length}: ${upload.key}`;
    await bucket.upload(upload, sessions, transferProgress(what, upload.bytes, context));
  }
  const wrong: Upload[] = [];
  for (const upload of missing) if (!(await isThere(upload, bucket))) wrong.push(upload);
  if (wrong.length > 0) {
    const keys = wrong.map(({ key }) => key).join(', ');
    throw new Failure(
      `${bucket.url} holds something else than was sent: ${keys}; somebody else writes there too?`,
    );
  }
  const text = manifestText({
    format: 1,
    name,
    files: uploads.map((upload) => manifestFile(upload, folder)),
  });
  const key = `${folder}/${MANIFEST_FILE}`;
  if ((await bucket.read(key)) !== text) {
    await bucket.write(key, text);
    if ((await bucket.read(key)) !== text) throw new Failure(`${bucket.url}/${key} is not what was written`);
  }
  const paths = (some: readonly Upload[]) => some.map((upload) => upload.key.slice(folder.length + 1));
  return {
    result: {
      folder,
      uploaded: paths(missing),
      unchanged: paths(uploads.filter((one) => !missing.includes(one))),
    },
    bytes: missing.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

async function uploadOf(
  { path, absolute, bytes }: LocalFile,
  folder: string,
  context: Context,
): Promise<Upload> {
  const digests = await digestsOf(absolute, transferProgress(`reading ${path}`, bytes, context));
  return { key: `${folder}/${path}`, path: absolute, bytes, ...digests };
}

async function isThere({ key, bytes, sha256 }: Upload, bucket: Bucket): Promise<boolean> {
  const object = await bucket.head(key);
  return object?.bytes === bytes && object.sha256 === sha256;
}

function manifestFile({ key, bytes, sha256 }: Upload, folder: string): WeightsFile {
  return { path: key.slice(folder.length + 1), bytes, sha256 };
}
