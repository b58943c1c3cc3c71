import { EC2Client, type Instance, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import { MACHINE_LABELS } from '../../contracts/machine-label.ts';
import { awsClientOptions } from './aws.ts';
import type { Machine, MachinePlace } from './machines.ts';

const PAGE = 500;
const ANSWER_TIMEOUT_MS = 10_000;

/** The running machines of an environment in a region, by their tags. */
export function ec2Machines(
  region: string,
  environment: string,
  identityFile: string | undefined,
): MachinePlace {
  const client = new EC2Client(awsClientOptions(region, identityFile));
  const filters = [
    { Name: `tag:${MACHINE_LABELS.environment}`, Values: [environment] },
    { Name: 'tag-key', Values: [MACHINE_LABELS.release] },
    { Name: 'instance-state-name', Values: ['running'] },
  ];
  return {
    name: region,
    async find() {
      const abortSignal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
      try {
        const pages = paginateDescribeInstances(
          { client, pageSize: PAGE },
          { Filters: filters },
          { abortSignal },
        );
        const found: Machine[] = [];
        for await (const { Reservations = [] } of pages)
          found.push(...Reservations.flatMap(({ Instances = [] }) => Instances.flatMap(machineOf)));
        return found;
      } catch (error) {
        const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
        throw new Error(`machines of ${environment} in ${region}: ${words}`, { cause: error });
      }
    },
  };
}

/** None while it has no address or lacks a tag. */
function machineOf({ PrivateIpAddress: address, Tags = [] }: Instance): Machine[] {
  const tag = (key: string) => Tags.find(({ Key }) => Key === key)?.Value;
  const [model, release] = [tag(MACHINE_LABELS.model), tag(MACHINE_LABELS.release)];
  if (address === undefined || model === undefined || release === undefined) return [];
  return [{ model, release, address }];
}
