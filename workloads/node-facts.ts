import { type CloudSection, cloudSection } from '../contracts/cloud-section.ts';
import { drainTimes } from '../contracts/drain.ts';
import { engineSource } from '../contracts/engine-packages.ts';
import type { Environment } from '../contracts/environment.ts';
import type { NodesDocument } from '../contracts/environment-schema.ts';
import { NODE_HEALTH_PORT } from '../contracts/node-health.ts';
import {
  definitionOf,
  hasLocalDisks,
  imageOf,
  machineOf,
  type Release,
  type Server,
  serversOf,
} from '../contracts/release.ts';
import { HARMONY_FOLDER, weightsFolder } from '../contracts/weights-manifest.ts';
import { DRAIN_HOOK, GROUP_TAG, nodeLogGroup } from './aws-names.ts';
import { type FetchFacts, fetchFacts } from './fetch-facts.ts';
import { vllmArguments } from './vllm-command.ts';

/** Published images of the exporters, for environments that name none. The tags were not pulled: no registry was in reach. */
export const NODE_EXPORTER = 'quay.io/prometheus/node-exporter:v1.9.1';
/** Whom its unit runs it as. */
export const EXPORTER_USER = '65534';
const DCGM_EXPORTER = 'nvcr.io/nvidia/k8s/dcgm-exporter:4.2.3-4.1.3-ubuntu22.04';
/** Every address of the machine: whom it answers is the network's business. */
const EVERYWHERE = '0.0.0.0';
/** Where a server sees the weights of the data disk. */
const WEIGHTS_MOUNT = '/weights';

/** How long a step waits, in seconds, before it calls the machine or the network broken. */
const PATIENCE = { gpus: 900, disks: 300, engine: 900, pull: 3000, load: 3600, hang: 60 } as const;

/** All that distinguishes the nodes of one release from others. No secret is among it. */
export interface NodeFacts {
  readonly nodes: NodesDocument;
  readonly cloud: CloudSection;
  readonly servers: readonly Server[];
  /** node.env: what every step knows. */
  readonly environment: Readonly<Record<string, string>>;
  readonly fetch: FetchFacts;
}

export function nodeFacts(environment: Environment, release: Release): NodeFacts {
  const { nodes } = release.document;
  const cloud = cloudSection(environment);
  if (nodes === undefined || cloud === undefined) {
    throw new Error(`${environment.name}: ${release.model} ${release.name} has no nodes on a cloud`);
  }
  const servers = serversOf(release, false).filter(({ node }) => node === 1);
  return {
    nodes,
    cloud,
    servers,
    environment: stepFacts({ environment, release, nodes, cloud, servers }),
    fetch: nodeFetch(environment, release, cloud),
  };
}

/** The command line of a server, whose weights are on the data disk. */
export function serverArguments(environment: Environment, release: Release, { port }: Server): string[] {
  return vllmArguments(environment, {
    release,
    address: EVERYWHERE,
    port,
    weightsFolder: `${WEIGHTS_MOUNT}/${weightsFolder(weightsOf(environment, release))}`,
  });
}

interface StepFacts extends Omit<NodeFacts, 'environment' | 'fetch'> {
  readonly environment: Environment;
  readonly release: Release;
}

function stepFacts({ environment, release, nodes, cloud, servers }: StepFacts) {
  const { images } = environment;
  const drain = drainTimes(nodes.drain);
  const gpus = machineOf(environment, nodes.machine)?.gpus;
  if (gpus === undefined) throw new Error(`${nodes.machine}: unknown machine`);
  return {
    FLEET_PLATFORM: cloud.platform,
    FLEET_ENVIRONMENT: environment.name,
    FLEET_REGION: cloud.region,
    FLEET_MODEL: release.model,
    FLEET_RELEASE: release.name,
    FLEET_ENGINE_SOURCE: engineSource(cloud, cloud.nodeImage),
    FLEET_GPU_COUNT: String(gpus),
    FLEET_LOCAL_DISKS: hasLocalDisks(environment, nodes) ? 'yes' : 'no',
    FLEET_PORTS: servers.map(({ port }) => port).join(' '),
    FLEET_IMAGE: imageOf(environment, nodes),
    FLEET_NODE_EXPORTER_IMAGE: images.nodeExporter ?? NODE_EXPORTER,
    FLEET_DCGM_EXPORTER_IMAGE: images.dcgmExporter ?? DCGM_EXPORTER,
    FLEET_HEALTH_PORT: String(NODE_HEALTH_PORT),
    FLEET_GPU_SECONDS: String(PATIENCE.gpus),
    FLEET_DISK_SECONDS: String(PATIENCE.disks),
    FLEET_ENGINE_SECONDS: String(PATIENCE.engine),
    FLEET_PULL_SECONDS: String(PATIENCE.pull),
    FLEET_LOAD_SECONDS: String(PATIENCE.load),
    FLEET_HANG_SECONDS: String(PATIENCE.hang),
    FLEET_LEAVE_SECONDS: String(drain.leaveRouter),
    FLEET_NOTICE_SECONDS: String(drain.notice),
    FLEET_CONTAINER_STOP_SECONDS: String(drain.containerStop),
    ...(cloud.platform === 'aws'
      ? {
          FLEET_HOOK: DRAIN_HOOK,
          FLEET_GROUP_TAG: GROUP_TAG,
          FLEET_LOG_GROUP: nodeLogGroup(environment.name),
        }
      : {}),
  };
}

function nodeFetch(environment: Environment, release: Release, cloud: CloudSection): FetchFacts {
  const weights = weightsOf(environment, release);
  return {
    ...fetchFacts(cloud, cloud.nodeImage, { weights: [weightsFolder(weights), HARMONY_FOLDER] }),
    weights,
    hubToken: hubTokenId(environment, cloud),
  };
}

/** The token's name in the cloud's secret store; null where the hub asks for none. */
function hubTokenId(
  { secrets }: Environment,
  { weights: { bucket, hubToken } }: CloudSection,
): string | null {
  if (hubToken === undefined || bucket !== undefined) return null;
  const reference = secrets[hubToken];
  if (reference !== undefined && 'google' in reference) return reference.google;
  if (reference !== undefined && 'aws' in reference) return reference.aws;
  throw new Error(`secret ${hubToken} is not kept in the cloud's secret store`);
}

function weightsOf(environment: Environment, { model }: Release): string {
  const weights = definitionOf(environment, model)?.weights;
  if (weights === undefined) throw new Error(`${model}: no weights of this model were published`);
  return weights;
}
