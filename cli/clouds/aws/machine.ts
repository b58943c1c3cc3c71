import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { MACHINE_LABELS } from '../../../contracts/machine-label.ts';
import { asked, clientOptions } from './client.ts';

/**
 * The id of the machine on which a part of an environment runs; undefined where none does.
 * @throws CloudError
 */
export async function runningMachine(
  region: string,
  environment: string,
  part: string,
): Promise<string | undefined> {
  const client = new EC2Client(clientOptions(region));
  const request = new DescribeInstancesCommand({
    Filters: [
      { Name: `tag:${MACHINE_LABELS.environment}`, Values: [environment] },
      { Name: `tag:${MACHINE_LABELS.part}`, Values: [part] },
      { Name: 'instance-state-name', Values: ['running'] },
    ],
  });
  const found = await asked('ec2', client.send(request));
  return found?.Reservations?.flatMap(({ Instances }) => Instances ?? [])[0]?.InstanceId;
}
