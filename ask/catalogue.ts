import type { Tool } from './tool.ts';
import * as awsIdentity from './tools/aws-identity.ts';
import * as awsMachines from './tools/aws-machines.ts';
import * as awsNetwork from './tools/aws-network.ts';
import { s3Bucket } from './tools/aws-s3.ts';
import * as awsStorage from './tools/aws-storage.ts';
import * as googleMachines from './tools/google-machines.ts';
import * as googleNetwork from './tools/google-network.ts';
import * as googleServices from './tools/google-services.ts';
import * as googleStorage from './tools/google-storage.ts';

/** Everything that the model may ask for. */
export const TOOLS: readonly Tool[] = [
  s3Bucket,
  awsStorage.dynamodbTable,
  awsStorage.ebsVolume,
  awsStorage.ecrRepository,
  awsNetwork.awsVpc,
  awsNetwork.awsSubnet,
  awsNetwork.awsSecurityGroup,
  awsMachines.ec2Instance,
  awsMachines.ec2GpuNode,
  awsIdentity.iamRole,
  awsIdentity.kmsKey,
  awsIdentity.awsSecret,
  awsIdentity.logGroup,
  awsIdentity.sqsQueue,
  awsIdentity.awsSettings,
  googleStorage.gcsBucket,
  googleStorage.googleSecret,
  googleStorage.artifactRepository,
  googleStorage.pubsubTopic,
  googleNetwork.googleNetwork,
  googleNetwork.googleSubnetwork,
  googleNetwork.googleFirewall,
  googleMachines.gceInstance,
  googleMachines.gceGpuNode,
  googleServices.serviceAccount,
  googleServices.cloudRunService,
  googleStorage.googleSettings,
];

/** Types of a provider that the tools write, for the recording of its schema. */
export function resourceTypes(provider: Tool['provider']): string[] {
  return [
    ...new Set(
      TOOLS.filter((tool) => tool.provider === provider).flatMap(({ resources }) =>
        resources.map(({ type }) => type),
      ),
    ),
  ].toSorted();
}
