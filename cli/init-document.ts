import { stringify } from 'yaml';
import type { EnvironmentDocument, PlatformName, SecretReference } from '../contracts/environment-schema.ts';
import { MODEL_CATALOGUE } from '../contracts/model-catalogue.ts';
import {
  PLACEHOLDER_AMI,
  PLACEHOLDER_CERTIFICATE,
  PLACEHOLDER_DIGEST,
  PLACEHOLDER_GOOGLE_IMAGE,
} from '../contracts/placeholder.ts';
import { UsageError } from './errors.ts';

/** What `fleet init` has to know. */
export interface InitAnswers {
  readonly name: string;
  readonly class: EnvironmentDocument['class'];
  readonly platform: PlatformName;
  /** Public names from the model catalogue. */
  readonly models: readonly string[];
  readonly googleProject?: string;
  readonly awsAccount?: string;
  readonly region?: string;
  readonly zones?: readonly string[];
  /** `gs://bucket` or `s3://bucket`. */
  readonly stateBucket?: string;
  /** Machine image of the nodes. */
  readonly nodeImage?: string;
  /** vLLM's container image, by digest outside class development. */
  readonly vllmImage?: string;
  readonly gatewayImage?: string;
  readonly routerImage?: string;
  /** Prometheus' container image, which also runs beside each gateway; by digest outside class development. */
  readonly prometheusImage?: string;
  /** ARN of a certificate of ACM. */
  readonly certificate?: string;
  /** Bare name of the bucket that `fleet weights push` fills. */
  readonly weightsBucket?: string;
}

const MODELINE = '# yaml-language-server: $schema=./environment.schema.json\n';
const VLLM_VERSION = '0.32.0';
const RELEASE = 'v32';
/** First port of each model's servers on a shared address; a machine has at most 8. */
const FIRST_PORT = 8000;
const PORTS_PER_MODEL = 10;
/** A checkpoint of this size still fits on one small GPU, with room for its cache. */
const SMALL_CHECKPOINT_GIB = 16;

const MACHINES: Readonly<Record<PlatformName, { readonly small: string; readonly large: string }>> = {
  process: { small: '1x-l4', large: '8x-h100' },
  docker: { small: '1x-l4', large: '8x-h100' },
  google: { small: 'g2-standard-8', large: 'a3-highgpu-8g' },
  aws: { small: 'g6.xlarge', large: 'p5.48xlarge' },
};

/** Where the hashed API keys of an environment on one's own hosts are kept. */
export function keysFile(name: string): string {
  return `environments/${name}.keys.json`;
}

/**
 * The text of a new environment file.
 * @throws UsageError for models that cannot be served like this
 */
export function initText(answers: InitAnswers): string {
  const document = {
    class: answers.class,
    platform: answers.platform,
    models: modelsOf(answers),
    ...imagesOf(answers),
    secrets: { 'api-keys': secretOf(answers, 'api-keys'), 'hop-key': secretOf(answers, 'hop-key') },
    gateway: gatewayOf(answers),
    router: { key: 'hop-key' },
    ...stateOf(answers),
    ...sectionOf(answers),
  };
  return MODELINE + stringify(document);
}

function modelsOf({ models, platform }: InitAnswers): object {
  const own = models.filter((model) => MODEL_CATALOGUE[model]?.weights !== undefined);
  const target = own.at(-1);
  if (target === undefined) {
    throw new UsageError(
      `--models: no weights of ${models.join(', ')} were published; add a model that it can be answered with: ${servable().join(', ')}`,
    );
  }
  return Object.fromEntries(
    models.map((model) => [
      model,
      own.includes(model) ? { releases: releasesOf(model, own.indexOf(model), platform) } : { alias: target },
    ]),
  );
}

function servable(): string[] {
  return Object.keys(MODEL_CATALOGUE).filter((model) => MODEL_CATALOGUE[model]?.weights !== undefined);
}

function releasesOf(model: string, index: number, platform: PlatformName): object {
  const small = (MODEL_CATALOGUE[model]?.checkpointGiB ?? Number.POSITIVE_INFINITY) <= SMALL_CHECKPOINT_GIB;
  const machines = MACHINES[platform];
  const shared = platform === 'process' || platform === 'docker';
  const nodes = {
    machine: small ? machines.small : machines.large,
    ...(small ? { tensorParallel: 1, servers: 1 } : {}),
    version: VLLM_VERSION,
    ...(shared ? { port: FIRST_PORT + index * PORTS_PER_MODEL } : {}),
  };
  return { [RELEASE]: { role: 'stable', weight: 100, nodes } };
}

function secretOf({ name, class: environmentClass, platform }: InitAnswers, secret: string): SecretReference {
  if (platform === 'google') return { google: `fleet-${name}-${secret}` };
  if (platform === 'aws') return { aws: `fleet/${name}/${secret}` };
  if (secret === 'api-keys') return { file: keysFile(name) };
  const file = `.fleet/${name}/secrets/${secret}`;
  return environmentClass === 'development' ? { file, generate: true } : { file };
}

function stateOf({ stateBucket, region }: InitAnswers): object {
  if (stateBucket === undefined) return {};
  const [, store, bucket] = /^(gs|s3):\/\/([^/]+)$/.exec(stateBucket) ?? [];
  if (bucket === undefined) {
    throw new UsageError(`--state-bucket: must be gs://<bucket> or s3://<bucket>, got ${stateBucket}`);
  }
  return { state: store === 'gs' ? { gcs: { bucket } } : { s3: { bucket, region } } };
}

function imagesOf(answers: InitAnswers): object {
  const registry = registryOf(answers);
  const later = (name: string) =>
    registry === undefined ? undefined : `${registry}/${name}@${PLACEHOLDER_DIGEST}`;
  const vllm = answers.vllmImage ?? (answers.class === 'development' ? undefined : later('vllm-openai'));
  const gateway = answers.gatewayImage ?? later('gateway');
  const router = answers.routerImage ?? later('router');
  const published = answers.class === 'development' && answers.platform !== 'aws';
  const prometheus = answers.prometheusImage ?? (published ? undefined : later('prometheus'));
  const images = {
    ...(vllm === undefined ? {} : { vllm: { [VLLM_VERSION]: vllm } }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(router === undefined ? {} : { router }),
    ...(prometheus === undefined ? {} : { prometheus }),
  };
  return Object.keys(images).length === 0 ? {} : { images };
}

function registryOf({ platform, region, googleProject, awsAccount }: InitAnswers): string | undefined {
  if (platform === 'google') return `${region}-docker.pkg.dev/${googleProject}/fleet`;
  if (platform === 'aws') return `${awsAccount}.dkr.ecr.${region}.amazonaws.com/fleet`;
  return undefined;
}

/** On aws even a gateway of the network alone is spoken to by HTTPS. */
function gatewayOf({ platform, region, awsAccount, certificate }: InitAnswers): object {
  const later = `arn:aws:acm:${region}:${awsAccount}:${PLACEHOLDER_CERTIFICATE}`;
  return { keys: 'api-keys', ...(platform === 'aws' ? { certificate: certificate ?? later } : {}) };
}

function sectionOf(answers: InitAnswers): object {
  const { platform, region, zones, googleProject: project, awsAccount: account, weightsBucket } = answers;
  const nodeImage = answers.nodeImage ?? missingNodeImage(answers);
  const cloud = {
    region,
    zones,
    ...(nodeImage === undefined ? {} : { nodeImage }),
    ...(nodeImage === undefined && platform === 'google' ? { routerImage: PLACEHOLDER_GOOGLE_IMAGE } : {}),
    ...(weightsBucket === undefined ? {} : { weights: { bucket: weightsBucket } }),
  };
  if (platform === 'google') return { google: { project, ...cloud } };
  if (platform === 'aws') return { aws: { account, ...cloud } };
  return { [platform]: { engine: answers.class === 'development' ? 'simulator' : 'vllm' } };
}

/** On google, class development takes the newest of the published family. */
function missingNodeImage({ platform, class: environmentClass }: InitAnswers): string | undefined {
  if (platform === 'aws') return PLACEHOLDER_AMI;
  return platform === 'google' && environmentClass !== 'development' ? PLACEHOLDER_GOOGLE_IMAGE : undefined;
}
