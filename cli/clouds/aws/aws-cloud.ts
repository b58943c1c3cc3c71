import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { BatchGetImageCommand, ECRClient } from '@aws-sdk/client-ecr';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { CloudSection } from '../../../contracts/cloud-section.ts';
import type { Variables } from '../../context.ts';
import type { Bucket, Cloud, MachineNeed, Quota, SecretStore } from '../cloud.ts';
import { s3Bucket } from './bucket.ts';
import { asked, clientOptions } from './client.ts';
import { vcpuQuotas } from './quotas.ts';
import { secretsManager } from './secrets.ts';

const IMAGE_NAME = 'Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 24.04) *';

/** Amazon Web Services through its SDK. */
export class AwsCloud implements Cloud {
  readonly secrets: SecretStore;
  readonly #region: string;
  readonly #env: Variables;

  constructor({ region }: CloudSection & { readonly platform: 'aws' }, env: Variables) {
    this.#region = region;
    this.#env = env;
    this.secrets = secretsManager(region);
  }

  async identity(): Promise<{ readonly who: string; readonly account?: string }> {
    const client = new STSClient(clientOptions(this.#region));
    const found = await asked('sts', client.send(new GetCallerIdentityCommand({})));
    return { who: found?.Arn ?? 'unknown', account: found?.Account };
  }

  bucket(name: string, region = this.#region): Bucket {
    return s3Bucket(name, region, this.#env);
  }

  /** There is nothing to switch on. */
  async servicesOff(): Promise<readonly string[]> {
    return [];
  }

  async hasMachineImage(image: string): Promise<boolean> {
    const client = new EC2Client(clientOptions(this.#region));
    const found = await asked(image, client.send(new DescribeImagesCommand({ ImageIds: [image] })));
    return found?.Images?.some(({ State }) => State === 'available') === true;
  }

  async newestMachineImage(): Promise<string | undefined> {
    const client = new EC2Client(clientOptions(this.#region));
    const found = await asked(
      'ec2',
      client.send(
        new DescribeImagesCommand({
          Owners: ['amazon'],
          Filters: [
            { Name: 'name', Values: [IMAGE_NAME] },
            { Name: 'architecture', Values: ['x86_64'] },
            { Name: 'state', Values: ['available'] },
          ],
        }),
      ),
    );
    const newest = (found?.Images ?? []).toSorted((a, b) =>
      (b.CreationDate ?? '').localeCompare(a.CreationDate ?? ''),
    )[0];
    return newest?.ImageId;
  }

  async hasContainerImage(reference: string): Promise<boolean | undefined> {
    const [, account, region, repository, version] =
      /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^@:]+)(@sha256:[0-9a-f]{64}|:[\w.-]+)$/.exec(
        reference,
      ) ?? [];
    if (region === undefined || version === undefined) return undefined;
    const id = version.startsWith('@') ? { imageDigest: version.slice(1) } : { imageTag: version.slice(1) };
    const client = new ECRClient(clientOptions(region));
    const request = { registryId: account, repositoryName: repository, imageIds: [id] };
    const found = await asked('ecr', client.send(new BatchGetImageCommand(request)));
    return (found?.images ?? []).length > 0;
  }

  quotas(needs: readonly MachineNeed[]): Promise<readonly Quota[]> {
    return vcpuQuotas(this.#region, needs);
  }
}
