import { Construct } from 'constructs';
import { rungName, rungsOf } from '../../contracts/capacity.ts';
import { drainTimes } from '../../contracts/drain.ts';
import type { Environment } from '../../contracts/environment.ts';
import type { NodesDocument } from '../../contracts/environment-schema.ts';
import { imageOf, placementOf, type Release } from '../../contracts/release.ts';
import { GROUP_TAG } from '../../workloads/aws-names.ts';
import { boundedName } from '../../workloads/bounded-name.ts';
import type { Document } from '../../workloads/document.ts';
import { fixedSettings } from '../../workloads/fixed-settings.ts';
import { MACHINE_LABELS } from '../../workloads/topology.ts';
import { bootDiskGiB } from '../boot-disk.ts';
import { FixedRelease } from '../fixed-release.ts';
import type { Access } from './access.ts';
import { AccessGroup } from './access-group.ts';
import type { LogGroup } from './log-group.ts';
import { MachineTemplate } from './machine-template.ts';
import type { Network } from './network.ts';
import { NodeGroup } from './node-group.ts';
import { NodeRole } from './node-role.ts';
import type { Place } from './place.ts';
import { userDataFile } from './user-data.ts';

export interface NodesProps {
  readonly environment: Environment;
  readonly release: Release;
  readonly place: Place;
  readonly network: Network;
  readonly access: Access;
  readonly logs: LogGroup;
  readonly userData: Document;
}

/** What a container image of 10 GB is unpacked with in a minute, not in five. */
const ROOT_DISK_SPEED = { iops: 6000, throughput: 500 };
/** Of launch templates. */
const LONGEST_NAME = 128;

/** The machines of one release of own nodes: one group for each rung of its ladder. Nothing here is shared with another. */
export class Nodes extends Construct {
  constructor(scope: Construct, id: string, props: NodesProps) {
    super(scope, id);
    const { environment, release, place, network, access, logs, userData } = props;
    const { nodes } = release.document;
    const { nodeImage } = environment.aws ?? {};
    if (nodes === undefined || nodeImage === undefined)
      throw new Error(`${release.model} ${release.name} has no nodes, or aws.nodeImage is not given`);
    const name = ['fleet', environment.name, release.model, release.name];

    new FixedRelease(this, { release, settings: fixedSettings(environment, release) });
    const role = new NodeRole(this, 'role', {
      environment,
      release,
      place,
      logs,
      images: [imageOf(environment, nodes), environment.images.dcgmExporter, environment.images.nodeExporter],
    });
    const servers = this.#servers(name.join('-'), nodes, { network, access });
    const file = userDataFile(
      this,
      `nodes/${release.model}/${release.name}/user-data`,
      userData,
      `${release.model} ${release.name}`,
    );
    for (const rung of rungsOf(nodes)) {
      const namespace = new Construct(this, rungName(rung));
      const groupName = boundedName([...name, rungName(rung)], LONGEST_NAME);
      const template = new MachineTemplate(namespace, 'template', {
        name: groupName,
        image: nodeImage,
        machine: nodes.machine,
        rung,
        role,
        accessGroups: [access.nodes, servers],
        userDataFile: file,
        rootDiskGiB: bootDiskGiB(environment, release.model, nodes),
        rootDiskSpeed: ROOT_DISK_SPEED,
        tags: { ...tagsOf(environment, release), Name: groupName, [GROUP_TAG]: groupName },
      });
      new NodeGroup(namespace, 'group', {
        name: groupName,
        count: rung.count,
        template,
        subnetIds: network.nodeSubnets(rung.zone),
        leaveSeconds: drainTimes(nodes.drain).machineLeave,
        tags: tagsOf(environment, release),
      });
    }
  }

  /** The release's own ports, so that another release's are no business of its nodes. */
  #servers(name: string, nodes: NodesDocument, { network, access }: Pick<NodesProps, 'network' | 'access'>) {
    const servers = new AccessGroup(this, 'servers', {
      name,
      vpc: network.vpc,
      description: 'vLLM servers of one release',
    });
    const ports = {
      what: 'vllm',
      from: nodes.port,
      to: nodes.port + placementOf(nodes).servers - 1,
    };
    servers.accept(access.router, ports);
    servers.accept(access.prometheus, ports);
    return servers;
  }
}

function tagsOf({ name, labels }: Environment, release: Release): Record<string, string> {
  return {
    ...labels,
    [MACHINE_LABELS.environment]: name,
    [MACHINE_LABELS.model]: release.model,
    [MACHINE_LABELS.release]: release.name,
  };
}
