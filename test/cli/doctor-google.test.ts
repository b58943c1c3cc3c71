import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GOOGLE_SERVICES, googleServices } from '../../cli/clouds/doctor/examine.ts';
import { failure } from '../support/google-api.ts';
import { PROD_EDITS } from '../support/prod.ts';
import { editedEnvironment } from '../support/shipped.ts';
import { FAMILY, FOLDER, GoogleProject, IMAGE } from './google-project.ts';

let project: GoogleProject;

beforeEach(async () => {
  project = new GoogleProject();
  await project.start();
});

afterEach(() => project.stop());

describe('fleet doctor on google', () => {
  test('all is there', async () => {
    project.provide();
    const { code, cloud } = await project.findings();
    expect(cloud.map(({ what, state }) => `${state} ${what}`)).toEqual([
      'found credentials',
      'found quota GPUS-PER-GPU-FAMILY-per-project-region NVIDIA_H100',
      'found APIs',
      'found state bucket fleet-state',
      'found machine image',
      'found vLLM image',
      'found router image',
      'found gateway image',
      'found Prometheus image',
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
    const { code, cloud } = await project.findings();
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
        `gcloud services enable ${[...GOOGLE_SERVICES, 'artifactregistry'].map((name) => `${name}.googleapis.com`).join(' ')} --project=fleet-prod`,
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
      ['router image', 'missing', 'fleet image push prod router'],
      ['gateway image', 'missing', 'fleet image push prod gateway'],
      [
        'Prometheus image',
        'missing',
        'docker buildx imagetools create --tag europe-west4-docker.pkg.dev/fleet-prod/fleet/prometheus:v3.5.0 prom/prometheus:v3.5.0 && docker buildx imagetools inspect europe-west4-docker.pkg.dev/fleet-prod/fleet/prometheus:v3.5.0',
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
    project.provide();
    project.google.quotas.set('GPUS-PER-GPU-FAMILY-per-project-region', [
      {
        dimensions: { gpu_family: 'NVIDIA_H100' },
        details: { value: '8' },
        applicableLocations: ['europe-west4'],
      },
    ]);
    expect(await project.finding('quota GPUS-PER-GPU-FAMILY-per-project-region NVIDIA_H100')).toMatchObject({
      state: 'missing',
      detail: '8 GPUs, needs 16 when nothing else runs',
    });
  });

  test('spot machines count against the preemptible quota, a reservation against none', async () => {
    project.write((text) =>
      text.replace(
        'count: 2,',
        'count: 3, capacity: [{ from: reservation, reservation: mine, count: 1 }, { from: spot, count: 2 }],',
      ),
    );
    project.google.quotas.set('PREEMPTIBLE-NVIDIA-H100-GPUS-per-project-region', [
      { dimensions: { region: 'europe-west4' }, details: { value: '64' } },
    ]);
    const { cloud } = await project.findings();
    expect(cloud.filter(({ what }) => what.startsWith('quota'))).toMatchObject([
      {
        what: 'quota PREEMPTIBLE-NVIDIA-H100-GPUS-per-project-region',
        state: 'found',
        detail: '64 GPUs, needs 16 when nothing else runs',
      },
    ]);
  });

  test('names a newer machine image than the one in use', async () => {
    project.provide();
    project.google.images.set(FAMILY, { name: 'ubuntu-newer', status: 'READY' });
    expect(await project.finding('machine image')).toEqual({
      what: 'machine image',
      state: 'found',
      detail: `${IMAGE}; the newest is projects/ubuntu-os-accelerator-images/global/images/ubuntu-newer`,
    });
  });

  test('a placeholder is refused, and the newest image named', async () => {
    project.provide();
    project.write((text) => text.replace(IMAGE, IMAGE.replace(/[^/]*$/, 'replace-me')));
    expect(await project.finding('machine image')).toMatchObject({
      state: 'missing',
      detail: expect.stringContaining('replace-me is a placeholder'),
      fix: `set google.nodeImage: ${IMAGE} (the newest)`,
    });
  });

  test('an image of your own brings its container engine', async () => {
    project.provide();
    const own = 'projects/fleet-prod/global/images/fleet-node-1';
    project.google.images.set(own, { name: 'fleet-node-1', status: 'READY' });
    project.write((text) => text.replace(IMAGE, own));
    expect(await project.finding('container engine')).toBeUndefined();
    expect(await project.finding('machine image')).toMatchObject({
      state: 'found',
      detail: expect.stringContaining('; docker and nvidia-ctk must be in it'),
    });
  });

  test('a machine image of routers is looked for where there is one', async () => {
    project.provide();
    const own = 'projects/fleet-prod/global/images/fleet-router-1';
    project.write((text) => text.replace('nodeImage:', `routerImage: ${own}\n  nodeImage:`));
    expect(await project.finding('machine image of routers')).toEqual({
      what: 'machine image of routers',
      state: 'missing',
      detail: `${own} does not exist or is not yours`,
      fix: 'set google.routerImage, or leave it out: routers start from nodeImage then',
    });
    project.google.images.set(own, { name: 'fleet-router-1', status: 'READY' });
    expect(await project.finding('machine image of routers')).toMatchObject({ state: 'found' });
  });

  test('half of the weights is missing weights', async () => {
    project.provide();
    project.google.bucket('fleet-weights').delete(`${FOLDER}/model.safetensors`);
    project.google
      .bucket('fleet-weights')
      .set(`${FOLDER}/config.json`, { data: Buffer.from('z'), metadata: { sha256: 'other' } });
    expect(await project.finding('weights gpt-oss-120b')).toMatchObject({
      state: 'missing',
      detail: 'missing or different: config.json, model.safetensors',
    });
  });

  test('a state bucket without versions is not good enough', async () => {
    project.provide();
    project.google.buckets.set('fleet-state', { versioned: false, objects: new Map() });
    expect(await project.finding('state bucket fleet-state')).toMatchObject({
      state: 'missing',
      detail: 'it keeps no old versions',
      fix: 'gcloud storage buckets update gs://fleet-state --versioning',
    });
  });

  test('what is denied is unknown, never found', async () => {
    project.provide();
    for (const path of ['/secretmanager', '/storage', '/serviceusage', '/artifactregistry', '/cloudquotas'])
      project.google.refusals.set(path, failure(403, 'Permission denied'));
    const { code, cloud } = await project.findings();
    expect(code).toBe(1);
    const unknown = cloud.filter(({ state }) => state === 'unknown');
    expect(unknown).toHaveLength(13);
    for (const { detail } of unknown) expect(detail).toContain('Permission denied');
  });

  test('without an answer nothing more is asked', async () => {
    const { code, cloud } = await project.findings({ GOOGLE_COMPUTE_CUSTOM_ENDPOINT: 'http://127.0.0.1:9/' });
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
    expect(project.google.requests).toEqual([]);
  });

  test('for people: each finding on a line, the command that helps below it', async () => {
    project.provide();
    project.google.secrets.delete('fleet-router-key');
    const { stdout } = await project.workplace.fleet(['doctor', 'prod'], project.google.env);
    expect(stdout).toMatch(/^found {4}credentials: access to project fleet-prod$/m);
    expect(stdout).toMatch(
      /^missing {2}secret router-key: fleet-router-key does not exist\n {9}fleet secret set prod router-key$/m,
    );
  });
});

test('APIs that only some environments need are asked for by those', () => {
  const more = googleServices(editedEnvironment('prod', [PROD_EDITS.ownRedis, PROD_EDITS.vertex]));
  const always = new Set(googleServices(editedEnvironment('prod', [])));
  expect(more.filter((name) => !always.has(name))).toEqual([
    'memorystore',
    'networkconnectivity',
    'aiplatform',
  ]);
});
