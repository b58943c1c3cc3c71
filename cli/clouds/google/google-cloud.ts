import { z } from 'zod';
import type { CloudSection } from '../../../contracts/cloud-section.ts';
import type { Variables } from '../../context.ts';
import type { Bucket, Cloud, MachineNeed, Quota, SecretStore } from '../cloud.ts';
import { CloudError } from '../cloud.ts';
import { googleBucket } from './bucket.ts';
import { GoogleClient } from './client.ts';
import { gpuQuotas } from './quotas.ts';
import { secretManager } from './secrets.ts';

/** Ubuntu with GPU driver, published by Canonical and Google for accelerator machines. */
const IMAGE_FAMILY =
  'projects/ubuntu-os-accelerator-images/global/images/family/ubuntu-accelerator-2404-amd64-with-nvidia-580';

const Project = z.object({ name: z.string() });
const Image = z.object({ name: z.string(), status: z.string() });
const Services = z.object({
  services: z.array(z.object({ name: z.string(), state: z.string().optional() })).default([]),
});

/** Google Cloud through its REST APIs. */
export class GoogleCloud implements Cloud {
  readonly secrets: SecretStore;
  readonly #client: GoogleClient;
  readonly #region: string;

  constructor(section: CloudSection & { readonly platform: 'google' }, env: Variables) {
    this.#client = new GoogleClient(section.project, env);
    this.#region = section.region;
    this.secrets = secretManager(this.#client);
  }

  /** A token says not whose it is; that the project can be seen is what counts. */
  async identity(): Promise<{ readonly who: string; readonly account?: string }> {
    const { project } = this.#client;
    const found = await this.#client.get('compute', `projects/${project}`, Project);
    if (found === undefined)
      throw new CloudError('denied', `project ${project} does not exist or is not yours`);
    return { who: `access to project ${found.name}`, account: found.name };
  }

  bucket(name: string): Bucket {
    return googleBucket(this.#client, name);
  }

  async servicesOff(services: readonly string[]): Promise<readonly string[]> {
    const { project } = this.#client;
    const url = this.#client.url('serviceUsage', `projects/${project}/services:batchGet`);
    for (const service of services)
      url.searchParams.append('names', `projects/${project}/services/${service}`);
    const response = await this.#client.send(url, { answers: [] });
    const { services: found } = await this.#client.parse(response, Services);
    const on = found.filter(({ state }) => state === 'ENABLED').map(({ name }) => name.split('/').at(-1));
    return services.filter((service) => !on.includes(service));
  }

  async hasMachineImage(image: string): Promise<boolean> {
    return (await this.#client.get('compute', image, Image))?.status === 'READY';
  }

  async newestMachineImage(): Promise<string | undefined> {
    const found = await this.#client.get('compute', IMAGE_FAMILY, Image);
    return found && IMAGE_FAMILY.replace(/family\/.*$/, found.name);
  }

  async hasContainerImage(reference: string): Promise<boolean | undefined> {
    const [, location, project, repository, image, version] =
      /^([a-z0-9-]+)-docker\.pkg\.dev\/([^/]+)\/([^/]+)\/([^@:]+)(@sha256:[0-9a-f]{64}|:[\w.-]+)$/.exec(
        reference,
      ) ?? [];
    if (image === undefined || version === undefined) return undefined;
    const parent = `projects/${project}/locations/${location}/repositories/${repository}`;
    const path = version.startsWith('@')
      ? `${parent}/dockerImages/${encodeURIComponent(image)}${version}`
      : `${parent}/packages/${encodeURIComponent(image)}/tags/${version.slice(1)}`;
    return (await this.#client.get('artifactRegistry', path, z.object({}))) !== undefined;
  }

  quotas(needs: readonly MachineNeed[]): Promise<readonly Quota[]> {
    return gpuQuotas(this.#client, this.#region, needs);
  }
}
