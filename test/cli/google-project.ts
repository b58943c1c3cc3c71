import type { CloudFinding } from '../../cli/clouds/doctor/check.ts';
import { GOOGLE_SERVICES } from '../../cli/clouds/doctor/examine.ts';
import { manifestText, type WeightsManifest } from '../../contracts/weights-manifest.ts';
import { GoogleApi, PROJECT } from '../support/google-api.ts';
import { fixture, openWorkplace, type Workplace } from './support.ts';

export const FAMILY =
  'projects/ubuntu-os-accelerator-images/global/images/family/ubuntu-accelerator-2404-amd64-with-nvidia-580';
export const IMAGE = FAMILY.replace(/family\/.*/, 'ubuntu-accelerator-2404-amd64-with-nvidia-580-v20261101');
const REPOSITORY = `projects/${PROJECT}/locations/europe-west4/repositories/fleet/dockerImages`;
const REGISTRY = `europe-west4-docker.pkg.dev/${PROJECT}/fleet`;
export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const VLLM = `${REGISTRY}/vllm/openai@${DIGEST}`;
export const FOLDER = 'models/openai/gpt-oss-120b';

/** An environment on Google in a project of its own, and the stand-in for Google that holds what it needs. */
export class GoogleProject {
  readonly google = new GoogleApi();
  readonly workplace: Workplace = openWorkplace();

  async start(): Promise<void> {
    this.workplace.program('terraform', '#!/bin/sh\necho Terraform v1.9.0\n');
    await this.google.start();
    this.write();
  }

  async stop(): Promise<void> {
    await this.google.stop();
    await this.workplace.close();
  }

  /** The environment of the fixture with its image and weights in the project. */
  write(change: (text: string) => string = (text) => text): void {
    const text = fixture('environments/good/google.yaml')
      .replace(/vllm\/vllm-openai@\S+/, VLLM)
      .replaceAll(/\S+\/fleet\/(router|gateway|prometheus)@\S+/g, `${REGISTRY}/$1@${DIGEST}`)
      .replace('nodeImage:', 'weights: { bucket: fleet-weights }\n  nodeImage:');
    this.workplace.write('environments/prod.yaml', change(text));
  }

  /** All that the environment needs. */
  provide(): void {
    const { google } = this;
    for (const name of [...GOOGLE_SERVICES, 'artifactregistry'])
      google.servicesOn.add(`${name}.googleapis.com`);
    google.bucket('fleet-state');
    google.images.set(IMAGE, { name: IMAGE.split('/').at(-1) ?? '', status: 'READY' });
    google.images.set(FAMILY, { name: IMAGE.split('/').at(-1) ?? '', status: 'READY' });
    for (const image of ['vllm/openai', 'router', 'gateway', 'prometheus'])
      google.containerImages.add(`${REPOSITORY}/${image}@${DIGEST}`);
    google.quotas.set('GPUS-PER-GPU-FAMILY-per-project-region', [
      { dimensions: { gpu_family: 'NVIDIA_H100', region: 'europe-west4' }, details: { value: '16' } },
      { dimensions: { gpu_family: 'NVIDIA_H200', region: 'europe-west4' }, details: { value: '0' } },
    ]);
    for (const id of ['fleet-gateway-keys', 'fleet-router-key']) google.secrets.set(id, ['value']);
    this.#putFolder(FOLDER, { 'config.json': 'a', 'model.safetensors': 'b' });
    this.#putFolder('harmony', { 'o200k_base.tiktoken': 'c' });
    this.#putFolder('engine', { 'docker-ce.deb': 'd' });
  }

  async findings(
    env: NodeJS.ProcessEnv = {},
  ): Promise<{ readonly code: number | null; readonly cloud: readonly CloudFinding[] }> {
    const { code, stdout } = await this.workplace.fleet(['doctor', 'prod', '--json'], {
      ...this.google.env,
      ...env,
    });
    return { code, cloud: JSON.parse(stdout).cloud };
  }

  async finding(what: string): Promise<CloudFinding | undefined> {
    const { cloud } = await this.findings();
    return cloud.find((one) => one.what === what);
  }

  #putFolder(folder: string, files: Readonly<Record<string, string>>): void {
    const objects = this.google.bucket('fleet-weights');
    const sha256 = 'e'.repeat(64);
    const manifest: WeightsManifest = { format: 1, name: folder, files: [] };
    for (const [path, text] of Object.entries(files)) {
      objects.set(`${folder}/${path}`, { data: Buffer.from(text), metadata: { sha256 } });
      manifest.files.push({ path, bytes: text.length, sha256 });
    }
    objects.set(`${folder}/manifest.json`, { data: Buffer.from(manifestText(manifest)) });
  }
}
