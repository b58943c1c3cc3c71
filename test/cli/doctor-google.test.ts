import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CloudFinding } from '../../cli/clouds/doctor/check.ts';
import { manifestText, type WeightsManifest } from '../../contracts/weights-manifest.ts';
import { failure, GoogleApi, PROJECT } from '../support/google-api.ts';
import { fixture, openWorkplace, type Workplace } from './support.ts';

const FAMILY =
  'projects/ubuntu-os-accelerator-images/global/images/family/ubuntu-accelerator-2404-amd64-with-nvidia-580';
const IMAGE = FAMILY.replace(/family\/.*/, 'ubuntu-accelerator-2404-amd64-with-nvidia-580-v20261101');
const DIGEST = `sha256:${'a'.repeat(64)}`;
const VLLM = `europe-west4-docker.pkg.dev/${PROJECT}/fleet/vllm/openai@${DIGEST}`;
const VLLM_RESOURCE = `projects/${PROJECT}/locations/europe-west4/repositories/fleet/dockerImages/vllm/openai@${DIGEST}`;
const FOLDER = 'models/openai/gpt-oss-120b';

let workplace: Workplace;
let google: GoogleApi;

beforeEach(async () => {
  workplace = openWorkplace();
  workplace.program('terraform', '#!/bin/sh\necho Terraform v1.9.0\n');
  google = new GoogleApi();
  await google.start();
  write();
});

afterEach(async () => {
  await google.stop();
  await workplace.close();
});

/** The environment of the fixture with its image and weights in the project. */
function write(change: (text: string) => string = (text) => text): void {
  const text = fixture('environments/good/google.yaml')
    .replace(/vllm\/vllm-openai@\S+/, VLLM)
    .replace('nodeImage:', 'weights: { bucket: fleet-weights }\n  nodeImage:');
  workplace.write('environments/prod.yaml', change(text));
}

/** All that the environment needs. */
function provide(): void {
  for (const name of [
    'compute',
    'storage',
    'secretmanager',
    'iam',
    'logging',
    'monitoring',
    'artifactregistry',
  ])
    google.servicesOn.add(`${name}.googleapis.com`);
  google.bucket('fleet-state');
  google.images.set(IMAGE, { name: IMAGE.split('/').at(-1) ?? '', status: 'READY' });
  google.images.set(FAMILY, { name: IMAGE.split('/').at(-1) ?? '', status: 'READY' });
  google.containerImages.add(VLLM_RESOURCE);
  google.quotas.set('GPUS-PER-GPU-FAMILY-per-project-region', [
    { dimensions: { gpu_family: 'NVIDIA_H100', region: 'europe-west4' }, details: { value: '16' } },
    { dimensions: { gpu_family: 'NVIDIA_H200', region: 'europe-west4' }, details: { value: '0' } },
  ]);
  for (const id of ['fleet-gateway-keys', 'fleet-router-key']) google.secrets.set(id, ['value']);
  putFolder(FOLDER, { 'config.json': 'a', 'model.safetensors': 'b' });
  putFolder('harmony', { 'o200k_base.tiktoken': 'c' });
  putFolder('engine', { 'docker-ce.deb': 'd' });
}

function putFolder(folder: string, files: Readonly<Record<string, string>>): void {
  const objects = google.bucket('fleet-weights');
  const sha256 = 'e'.repeat(64);
  const manifest: WeightsManifest = { format: 1, name: folder, files: [] };
  for (const [path, text] of Object.entries(files)) {
    objects.set(`${folder}/${path}`, { data: Buffer.from(text), metadata: { sha256 } });
    manifest.files.push({ path, bytes: text.length, sha256 });
  }
  objects.set(`${folder}/manifest.json`, { data: Buffer.from(manifestText(manifest)) });
}

async function findings(
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number | null; cloud: CloudFinding[] }> {
  const { code, stdout } = await workplace.fleet(['doctor', 'prod', '--json'], { ...google.env, ...env });
  return { code, cloud: JSON.parse(stdout).cloud };
}

const finding = async (what: string) => (await findings()).cloud.find((one) => one.what === what);

describe('fleet doctor on google', () => {
  test('all is there', async () => {
    provide();
    const { code, cloud } = await findings();
    expect(cloud.map(({ what, state }) => `${state} ${what}`)).toEqual([
      'found credentials',
      'found quota GPUS-PER-GPU-FAMILY-per-project-region NVIDIA_H100',
      'found APIs',
      'found state bucket fleet-state',
      'found machine image',
      'found vLLM image',
      'found weights bucket fleet-weights',
      'found weights gpt-oss-120b',
      'found Harmony vocabulary',
      'found container engine',
      'found secret gateway-keys',
      'found secret router-key',
    ]);
    expect(code).toBe(0);
  });

  test('nothing is there: each with the command that brings it', async () => {
    const { code, cloud } = await findings();
    expect(code).toBe(1);
    expect(cloud.slice(1).map(({ what, state, fix }) => [what, state, fix])).toEqual([
      [
        'quota GPUS-PER-GPU-FAMILY-per-project-region NVIDIA_H100',
        'unknown',
        'gcloud beta quotas preferences create --project=fleet-prod --service=compute.googleapis.com --quota-id=GPUS-PER-GPU-FAMILY-per-project-region --dimensions=region=europe-west4,gpu_family=NVIDIA_H100 --preferred-value=16',
      ],
      [
        'APIs',
        'missing',
        `gcloud services enable ${['compute', 'storage', 'secretmanager', 'iam', 'logging', 'monitoring', 'artifactregistry'].map((name) => `${name}.googleapis.com`).join(' ')} --project=fleet-prod`,
      ],
      [
        'state bucket fleet-state',
        'missing',
        'gcloud storage buckets create gs://fleet-state --project=fleet-prod --location=europe-west4 --uniform-bucket-level-access --public-access-prevention',
      ],
      [
        'machine image',
        'missing',
        'gcloud compute images list --project=ubuntu-os-accelerator-images --no-standard-images --sort-by=~creationTimestamp',
      ],
      [
        'vLLM image',
        'missing',
        'docker buildx imagetools create --tag europe-west4-docker.pkg.dev/fleet-prod/fleet/vllm/openai:v0.32.0 vllm/vllm-openai:v0.32.0 && docker buildx imagetools inspect europe-west4-docker.pkg.dev/fleet-prod/fleet/vllm/openai:v0.32.0',
      ],
      [
        'weights bucket fleet-weights',
        'missing',
        'gcloud storage buckets create gs://fleet-weights --project=fleet-prod --location=europe-west4 --uniform-bucket-level-access --public-access-prevention',
      ],
      ['weights gpt-oss-120b', 'missing', 'fleet weights push prod gpt-oss-120b'],
      ['Harmony vocabulary', 'missing', 'fleet weights push prod gpt-oss-120b'],
      ['container engine', 'missing', 'fleet weights push prod gpt-oss-120b'],
      ['secret gateway-keys', 'missing', 'fleet key create first prod'],
      ['secret router-key', 'missing', 'fleet secret set prod router-key'],
    ]);
  });

  test('a quota that is too small says both numbers', async () => {
    provide();
    google.quotas.set('GPUS-PER-GPU-FAMILY-per-project-region', [
      {
        dimensions: { gpu_family: 'NVIDIA_H100' },
        details: { value: '8' },
        applicableLocations: ['europe-west4'],
      },
    ]);
    expect(await finding('quota GPUS-PER-GPU-FAMILY-per-project-region NVIDIA_H100')).toMatchObject({
      state: 'missing',
      detail: '8 GPUs, needs 16 when nothing else runs',
    });
  });

  test('spot machines count against the preemptible quota, a reservation against none', async () => {
    write((text) =>
      text.replace(
        'count: 2,',
        'count: 3, capacity: [{ from: reservation, reservation: mine, count: 1 }, { from: spot, count: 2 }],',
      ),
    );
    google.quotas.set('PREEMPTIBLE-NVIDIA-H100-GPUS-per-project-region', [
      { dimensions: { region: 'europe-west4' }, details: { value: '64' } },
    ]);
    const { cloud } = await findings();
    expect(cloud.filter(({ what }) => what.startsWith('quota'))).toMatchObject([
      {
        what: 'quota PREEMPTIBLE-NVIDIA-H100-GPUS-per-project-region',
        state: 'found',
        detail: '64 GPUs, needs 16 when nothing else runs',
      },
    ]);
  });

  test('names a newer machine image than the one in use', async () => {
    provide();
    google.images.set(FAMILY, { name: 'ubuntu-newer', status: 'READY' });
    expect(await finding('machine image')).toEqual({
      what: 'machine image',
      state: 'found',
      detail: `${IMAGE}; the newest is projects/ubuntu-os-accelerator-images/global/images/ubuntu-newer`,
    });
  });

  test('a placeholder is refused, and the newest image named', async () => {
    provide();
    write((text) => text.replace(IMAGE, IMAGE.replace(/[^/]*$/, 'replace-me')));
    expect(await finding('machine image')).toMatchObject({
      state: 'missing',
      detail: expect.stringContaining('replace-me is a placeholder'),
      fix: `set google.nodeImage: ${IMAGE} (the newest)`,
    });
  });

  test('an image of your own brings its container engine', async () => {
    provide();
    const own = 'projects/fleet-prod/global/images/fleet-node-1';
    google.images.set(own, { name: 'fleet-node-1', status: 'READY' });
    write((text) => text.replace(IMAGE, own));
    expect(await finding('container engine')).toBeUndefined();
    expect(await finding('machine image')).toMatchObject({
      state: 'found',
      detail: expect.stringContaining('; docker and nvidia-ctk must be in it'),
    });
  });

  test('half of the weights is missing weights', async () => {
    provide();
    google.bucket('fleet-weights').delete(`${FOLDER}/model.safetensors`);
    google
      .bucket('fleet-weights')
      .set(`${FOLDER}/config.json`, { data: Buffer.from('z'), metadata: { sha256: 'other' } });
    expect(await finding('weights gpt-oss-120b')).toMatchObject({
      state: 'missing',
      detail: 'missing or different: config.json, model.safetensors',
    });
  });

  test('a state bucket without versions is not good enough', async () => {
    provide();
    google.buckets.set('fleet-state', { versioned: false, objects: new Map() });
    expect(await finding('state bucket fleet-state')).toMatchObject({
      state: 'missing',
      detail: 'it keeps no old versions',
      fix: 'gcloud storage buckets update gs://fleet-state --versioning',
    });
  });

  test('what is denied is unknown, never found', async () => {
    provide();
    for (const path of ['/secretmanager', '/storage', '/serviceusage', '/artifactregistry', '/cloudquotas'])
      google.refusals.set(path, failure(403, 'Permission denied'));
    const { code, cloud } = await findings();
    expect(code).toBe(1);
    const unknown = cloud.filter(({ state }) => state === 'unknown');
    expect(unknown).toHaveLength(10);
    for (const { detail } of unknown) expect(detail).toContain('Permission denied');
  });

  test('without an answer nothing more is asked', async () => {
    const { code, cloud } = await findings({ GOOGLE_COMPUTE_CUSTOM_ENDPOINT: 'http://127.0.0.1:9/' });
    expect({ code, cloud }).toEqual({
      code: 1,
      cloud: [
        {
          what: 'credentials',
          state: 'unknown',
          detail: expect.stringMatching(/^127\.0\.0\.1:9 does not answer/),
          fix: 'gcloud auth application-default login',
        },
      ],
    });
    expect(google.requests).toEqual([]);
  });

  test('for people: each finding on a line, the command that helps below it', async () => {
    provide();
    google.secrets.delete('fleet-router-key');
    const { stdout } = await workplace.fleet(['doctor', 'prod'], google.env);
    expect(stdout).toMatch(/^found {4}credentials: access to project fleet-prod$/m);
    expect(stdout).toMatch(
      /^missing {2}secret router-key: fleet-router-key does not exist\n {9}fleet secret set prod router-key$/m,
    );
  });
});

describe('an image in a public registry', () => {
  let registry: Server;
  const asked: string[] = [];

  beforeEach(async () => {
    registry = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const host = request.headers.host;
      if (request.url?.startsWith('/token')) return response.end('{"token": "anybody"}');
      if (request.headers.authorization !== 'Bearer anybody') {
        const scope = 'repository:vllm/openai:pull';
        response.setHeader(
          'www-authenticate',
          `Bearer realm="http://${host}/token",service="s",scope="${scope}"`,
        );
        return response.writeHead(401).end();
      }
      return response.writeHead(request.url?.endsWith(DIGEST) ? 200 : 404).end();
    }).listen(0, '127.0.0.1');
    await once(registry, 'listening');
  });

  afterEach(() => {
    registry.close();
  });

  test.each([
    [DIGEST, 'found'],
    [`sha256:${'b'.repeat(64)}`, 'missing'],
  ])('%s is %s', async (digest, state) => {
    const image = `127.0.0.1:${(registry.address() as AddressInfo).port}/vllm/openai`;
    provide();
    write((text) => text.replace(VLLM, `${image}@${digest}`));
    expect(await finding('vLLM image')).toMatchObject({ state });
    expect(asked).toContain(`HEAD /v2/vllm/openai/manifests/${digest}`);
  });
});
