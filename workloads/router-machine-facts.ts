import { type CloudSection, cloudSection } from '../contracts/cloud-section.ts';
import { documentsBucket } from '../contracts/document-objects.ts';
import { type DrainTimes, drainTimes } from '../contracts/drain.ts';
import { durationSeconds } from '../contracts/duration.ts';
import { engineSource } from '../contracts/engine-packages.ts';
import type { Environment } from '../contracts/environment.ts';
import {
  type MachineDiscovery,
  ROUTER_OBJECTS,
  RouterAgentSettings,
} from '../contracts/router-agent-settings.ts';
import { ROUTER_HEALTH_PATH } from '../contracts/router-health.ts';
import { DRAIN_HOOK, GROUP_TAG, JOIN_HOOK, routerLogGroup } from './aws-names.ts';
import { type FetchFacts, fetchFacts } from './fetch-facts.ts';
import { GATEWAY_DRAIN_SECONDS, needsEgress } from './gateway.ts';
import { EXPORTER_USER, NODE_EXPORTER } from './node-facts.ts';
import { EGRESS_CONFIG, EGRESS_USER, IDENTITY_FILE, ROUTER_USER, routerInputs } from './router-inputs.ts';
import { placeFacts } from './service-machine.ts';
import type { Topology } from './topology.ts';

/** How long a step waits, in seconds, before it calls the machine or the network broken. */
const PATIENCE = { engine: 300, pull: 900, inputs: 900, join: 1800 } as const;
/** How old a secret or the egress's document may be. */
const REFRESH_SECONDS = 60;
const EGRESS_RELOAD_SECONDS = 10;
const EGRESS_STOP_MARGIN_SECONDS = 5;
/** Where containers see what `inputs.sh` has brought. */
const INPUTS_MOUNT = '/run/fleet/secrets';

/** How many routers a cloud environment has: one may go, for good or to be replaced. */
export const ROUTER_COUNT = 2;

/** Seconds that a router may take until it serves, and to finish what it has begun. */
export function routerTimes({ router }: Environment): {
  readonly joinSeconds: number;
  readonly leaveSeconds: number;
} {
  const { machineLeave } = drainTimes(durationSeconds(router.longestAnswer));
  return { joinSeconds: PATIENCE.join, leaveSeconds: machineLeave };
}

/** Machines of routers start from the image of nodes unless they have one of their own. */
export function routerImage({ routerImage: own, nodeImage }: CloudSection): string | undefined {
  return own ?? nodeImage;
}

/** All that a router machine is told. No secret and no weight is among it, so a weight change replaces no machine. */
export interface RouterMachineFacts {
  readonly cloud: CloudSection;
  readonly drain: DrainTimes;
  readonly egressStopSeconds: number;
  readonly hasEgress: boolean;
  /** node.env: what every step knows. */
  readonly environment: Readonly<Record<string, string>>;
  /** Lines of `/etc/fleet/inputs`. */
  readonly inputs: readonly string[];
  /** What the machine installs; undefined: its image has all. */
  readonly fetch?: FetchFacts;
  readonly agentSettings: RouterAgentSettings;
  readonly egressArguments: readonly string[];
}

export function routerMachineFacts(environment: Environment, topology: Topology): RouterMachineFacts {
  const cloud = cloudSection(environment);
  if (cloud === undefined) throw new Error(`${environment.name} is on no cloud`);
  const hasEgress = needsEgress(environment);
  const drain = drainTimes(durationSeconds(environment.router.longestAnswer));
  const source = engineSource(cloud, routerImage(cloud));
  return {
    cloud,
    drain,
    hasEgress,
    egressStopSeconds: GATEWAY_DRAIN_SECONDS + 2 * EGRESS_STOP_MARGIN_SECONDS,
    environment: { ...stepFacts(environment, cloud, drain), FLEET_ENGINE_SOURCE: source },
    inputs: routerInputs(environment, cloud),
    ...(source === 'image' ? {} : { fetch: fetchFacts(cloud, routerImage(cloud), {}) }),
    agentSettings: agentSettings(environment, topology, cloud),
    egressArguments: [
      ...['--config', `${INPUTS_MOUNT}/${EGRESS_CONFIG}`, '--reload-every', String(EGRESS_RELOAD_SECONDS)],
      ...['--listen', topology.listen.egress, '--admin', topology.listen.egressAdmin],
    ],
  };
}

function stepFacts(environment: Environment, cloud: CloudSection, drain: DrainTimes) {
  const { name, images, router } = environment;
  const { router: image, gateway: egressImage } = images;
  if (image === undefined || egressImage === undefined)
    throw new Error(`environment ${name} names no image of the router or of the gateway`);
  return {
    ...placeFacts(name, cloud),
    FLEET_IMAGE: image,
    FLEET_EGRESS_IMAGE: egressImage,
    FLEET_NODE_EXPORTER_IMAGE: images.nodeExporter ?? NODE_EXPORTER,
    FLEET_ROUTER_USER: ROUTER_USER,
    FLEET_EGRESS_USER: EGRESS_USER,
    FLEET_NAMELESS_USERS: [ROUTER_USER, EGRESS_USER, EXPORTER_USER].join(' '),
    FLEET_HEALTH_URL: `http://127.0.0.1:${router.agentPort}${ROUTER_HEALTH_PATH}`,
    FLEET_ENGINE_SECONDS: String(PATIENCE.engine),
    FLEET_PULL_SECONDS: String(PATIENCE.pull),
    FLEET_INPUT_SECONDS: String(PATIENCE.inputs),
    FLEET_JOIN_SECONDS: String(PATIENCE.join),
    FLEET_REFRESH_SECONDS: String(REFRESH_SECONDS),
    FLEET_LEAVE_SECONDS: String(drain.leaveRouter),
    FLEET_CONTAINER_STOP_SECONDS: String(drain.containerStop),
    FLEET_EGRESS_STOP_SECONDS: String(GATEWAY_DRAIN_SECONDS + EGRESS_STOP_MARGIN_SECONDS),
    ...(cloud.platform === 'aws'
      ? {
          FLEET_NOTICE_SECONDS: String(drain.notice),
          FLEET_HOOK: DRAIN_HOOK,
          FLEET_JOIN_HOOK: JOIN_HOOK,
          FLEET_GROUP_TAG: GROUP_TAG,
          FLEET_LOG_GROUP: routerLogGroup(name),
        }
      : {}),
  };
}

function agentSettings(
  environment: Environment,
  topology: Topology,
  cloud: CloudSection,
): RouterAgentSettings {
  const bucket = documentsBucket(environment.name, cloud);
  const located = (key: string) => `${cloud.platform === 'aws' ? 's3' : 'gs'}://${bucket}/${key}`;
  return RouterAgentSettings.parse({
    prefix: '/var/lib/fleet/router',
    document: located(ROUTER_OBJECTS.document),
    servers: located(ROUTER_OBJECTS.servers),
    region: cloud.platform === 'aws' ? cloud.region : undefined,
    discovery: discoveryOf(environment.name, cloud),
    hopKey: { file: `${INPUTS_MOUNT}/${environment.router.key}` },
    identity: { file: `${INPUTS_MOUNT}/${IDENTITY_FILE}` },
    admin: `http://${topology.listen.routerAdmin}`,
    listen: topology.listen.routerAgent,
  });
}

function discoveryOf(environment: string, cloud: CloudSection): MachineDiscovery {
  return cloud.platform === 'aws'
    ? { kind: 'ec2', region: cloud.region, environment }
    : { kind: 'gce', project: cloud.project, zones: cloud.zones, environment };
}
