import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  type BootstrapRequest,
  bootstrapStateFile,
  bootstrapStateObject,
  type StateObject,
} from '../../contracts/bootstrap.ts';
import type { Environment } from '../../contracts/environment.ts';
import { type Bucket, CloudError } from '../clouds/cloud.ts';
import { openCloud } from '../clouds/open-cloud.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';

/** Where the bootstrap stack of an environment stands. */
export interface Standing extends Pick<BootstrapRequest, 'bucket' | 'provider' | 'state'> {
  readonly object: StateObject;
  /** Whether the state is in the bucket by now. */
  readonly kept: () => Promise<boolean>;
}

const State = z.object({ resources: z.array(z.object({ mode: z.string(), type: z.string() })) });
const BUCKETS = ['aws_s3_bucket', 'google_storage_bucket'];
const PROVIDER = 'aws_iam_openid_connect_provider';

/**
 * What the stack has to make: a bucket that is not there, or that it made before; GitHub's identity provider with it, unless
 * told otherwise. A bucket that is there and is not in the stack's state is another environment's.
 * @throws UsageError for an environment that keeps no state in a bucket of its own cloud, CloudError
 */
export async function standingOf(
  environment: Environment,
  givenProvider: boolean | undefined,
  context: Context,
): Promise<Standing> {
  const { platform, name } = environment;
  const object = bootstrapStateObject(environment);
  const fits =
    object !== undefined &&
    ((platform === 'aws' && object.region !== undefined) ||
      (platform === 'google' && object.region === undefined));
  if (!fits)
    throw new UsageError(
      platform === 'aws' || platform === 'google'
        ? `state: fleet bootstrap makes a bucket of the environment's own cloud; ${name} needs state.${platform === 'aws' ? 's3' : 'gcs'}`
        : `${name} is on platform ${platform}; only google and aws have something to bootstrap`,
    );
  const cloud = await openCloud(environment, context.env);
  const bucket = cloud.bucket(object.bucket, object.region);
  const key = object.region === undefined ? `${object.key}/default.tfstate` : object.key;
  const kept = async () => (await read(bucket, key)) !== undefined;
  const begun = existsSync(join(context.project, bootstrapStateFile(name)));
  if (begun || (await bucket.versioned()) === undefined)
    return { object, kept, state: 'file', bucket: true, provider: givenProvider ?? true };
  const state = await read(bucket, key);
  const has = (types: readonly string[]) =>
    state !== undefined &&
    State.parse(JSON.parse(state)).resources.some(
      ({ mode, type }) => mode === 'managed' && types.includes(type),
    );
  return {
    ...{ object, kept, state: 'bucket' },
    bucket: has(BUCKETS),
    provider: givenProvider ?? has([PROVIDER]),
  };
}

async function read(bucket: Bucket, key: string): Promise<string | undefined> {
  try {
    return await bucket.read(key);
  } catch (error) {
    if (error instanceof CloudError) throw new CloudError(error.reason, `${bucket.url}: ${error.message}`);
    throw error;
  }
}
