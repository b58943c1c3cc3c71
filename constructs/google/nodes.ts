import type { ComputeHealthCheck } from '@cdktf/provider-google/lib/compute-health-check/index.js';
import { Construct } from 'constructs';
import { type Rung, rungName, rungsOf } from '../../contracts/capacity.ts';
import type { Environment } from '../../contracts/environment.ts';
import type { NodesDocument } from '../../contracts/environment-schema.ts';
import { machineLabel } from '../../contracts/machine-label.ts';
import { imageOf, machineOf, placementOf, type Release } from '../../contracts/release.ts';
import type { Document } from '../../workloads/document.ts';
import { fixedSettings } from '../../workloads/fixed-settings.ts';
import { MACHINE_LABELS } from '../../workloads/topology.ts';
import { bootDiskGiB } from '../boot-disk.ts';
import { FixedRelease, isHeld } from '../fixed-release.ts';
import { StackFiles } from '../stack-files.ts';
import type { Access } from './access.ts';
import { AccessRule } from './access-rule.ts';
import { FlexStartGroup } from './flex-start-group.ts';
import type { Network } from './network.ts';
import { nodeDisks } from './node-disks.ts';
import type { NodeGrants } from './node-grants.ts';
import { NodeGroup } from './node-group.ts';
import { NodeTemplate } from './node-template.ts';
import type { Place } from './place.ts';
import { provisioningOf } from './provisioning.ts';

export interface NodesProps {
  readonly environment: Environment;
  readonly release: Release;
  readonly place: Place;
  readonly network: Network;
  readonly access: Access;
  readonly grants: NodeGrants;
  readonly healthCheck: ComputeHealthCheck;
  readonly userData: Document;
}

/** Google's limit on one value of metadata. */
const USER_DATA_BYTES = 256 * 1024;

/** The machines of one release of own nodes: one group for each rung of its ladder. Nothing here is shared with another. */
export class Nodes extends Construct {
  constructor(scope: Construct, id: string, props: NodesProps) {
    super(scope, id);
    const { environment, release, place, network, access, grants, healthCheck, userData } = props;
    const { nodes } = release.document;
    const { nodeImage } = environment.google ?? {};
    if (nodes === undefined || nodeImage === undefined)
      throw new Error(`${release.model} ${release.name} has no nodes, or google.nodeImage is not given`);
    const bytes = Buffer.byteLength(userData.text);
    if (bytes > USER_DATA_BYTES)
      throw new Error(
        `user data of ${release.model} ${release.name}: Google takes ${USER_DATA_BYTES} bytes, got ${bytes}`,
      );
    const name = [release.model, release.name];
    const held = isHeld(this, release);

    new FixedRelease(this, { release, settings: fixedSettings(environment, release) });
    grants.pull(imageOf(environment, nodes));
    this.#servers([...name, 'servers'], nodes, { place, network, access });
    const userDataFile = StackFiles.of(this).add(`nodes/${name.join('/')}/user-data`, userData.text);
    const disks = nodeDisks({
      machine: nodes.machine,
      nodeImage,
      localDiskGB: machineOf(environment, nodes.machine)?.localDiskGB,
      bootDiskGiB: bootDiskGiB(environment, release.model, nodes),
    });
    for (const rung of rungsOf(nodes)) {
      const namespace = new Construct(this, rungName(rung));
      const template = new NodeTemplate(namespace, 'template', {
        place,
        name: [...name, rungName(rung)],
        machine: nodes.machine,
        disks,
        provisioning: provisioningOf(rung),
        subnet: network.nodes,
        identity: access.nodes,
        userDataFile,
        labels: labelsOf(environment, release),
      });
      const group = { place, name: [...name, rungName(rung)], count: rung.count, template, held };
      if (rung.from === 'flex-start') {
        new FlexStartGroup(namespace, 'group', { ...group, zone: zonesOf(rung, place)[0] ?? '' });
      } else {
        new NodeGroup(namespace, 'group', { ...group, zones: zonesOf(rung, place), healthCheck });
      }
    }
  }

  /** The release's own ports, so that another release's are no change of this rule. */
  #servers(
    name: readonly string[],
    nodes: NodesDocument,
    { place, network, access }: Pick<NodesProps, 'place' | 'network' | 'access'>,
  ) {
    const last = nodes.port + placementOf(nodes).servers - 1;
    new AccessRule(this, 'servers', {
      place,
      network,
      name,
      description: `Routers and Prometheus reach the vLLM servers of ${name.slice(0, 2).join(' ')}`,
      allow: [nodes.port === last ? `${nodes.port}` : `${nodes.port}-${last}`],
      between: {
        direction: 'INGRESS',
        sourceServiceAccounts: [access.router.resource.email, access.prometheus.resource.email],
        targetServiceAccounts: [access.nodes.resource.email],
      },
    });
  }
}

function zonesOf({ zone }: Rung, { zones }: Place): readonly string[] {
  return zone === undefined ? zones : [zone];
}

function labelsOf({ name, labels }: Environment, release: Release): Record<string, string> {
  return {
    ...labels,
    [MACHINE_LABELS.environment]: machineLabel(name),
    [MACHINE_LABELS.model]: machineLabel(release.model),
    [MACHINE_LABELS.release]: machineLabel(release.name),
  };
}
