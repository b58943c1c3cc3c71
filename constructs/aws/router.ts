import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { GROUP_TAG, routerLogGroup } from '../../workloads/aws-names.ts';
import type { Document } from '../../workloads/document.ts';
import { ROUTER_COUNT, routerTimes } from '../../workloads/router-machine-facts.ts';
import { MACHINE_LABELS } from '../../workloads/topology.ts';
import type { Access } from './access.ts';
import type { EncryptionKey } from './encryption-key.ts';
import { LogGroup } from './log-group.ts';
import { MachineTemplate } from './machine-template.ts';
import type { Names } from './names.ts';
import type { Network } from './network.ts';
import type { Place } from './place.ts';
import { RouterBalancer } from './router-balancer.ts';
import { RouterGroup } from './router-group.ts';
import { RouterParts } from './router-parts.ts';
import { RouterRole } from './router-role.ts';
import { userDataFile } from './user-data.ts';

export interface RouterProps {
  readonly environment: Environment;
  readonly place: Place;
  readonly network: Network;
  readonly names: Names;
  readonly access: Access;
  readonly key: EncryptionKey;
  readonly userData: Document;
}

const MACHINE = 'c6i.large';
/** The machine image of nodes, which routers may be started from, needs most of it. */
const ROOT_DISK_GIB = 100;

/** Two router machines in different zones, behind one name. Weights and servers reach them as documents. */
export class Router extends Construct {
  constructor(scope: Construct, id: string, props: RouterProps) {
    super(scope, id);
    const { environment, place, network, names, access, key, userData } = props;
    const { images, router, aws } = environment;
    const machineImage = aws?.routerImage ?? aws?.nodeImage;
    if (machineImage === undefined)
      throw new Error(`environment ${environment.name} names no machine image of routers`);
    const name = `fleet-${environment.name}-router`;
    const tags = {
      ...environment.labels,
      [MACHINE_LABELS.environment]: environment.name,
      [MACHINE_LABELS.part]: 'router',
    };

    const logs = new LogGroup(this, 'logs', { name: routerLogGroup(environment.name), place, key });
    const parts = new RouterParts(this, 'parts', { environment, place });
    const role = new RouterRole(this, 'role', {
      environment,
      place,
      logs,
      parts: parts.arns,
      images: [images.router, images.gateway, images.nodeExporter],
    });
    const template = new MachineTemplate(this, 'template', {
      name,
      image: machineImage,
      machine: router.machine ?? MACHINE,
      role,
      accessGroups: [access.router],
      userDataFile: userDataFile(this, 'router/user-data', userData, 'the router'),
      rootDiskGiB: ROOT_DISK_GIB,
      tags: { ...tags, Name: name, [GROUP_TAG]: name },
    });
    const balancer = new RouterBalancer(this, 'balancer', { environment, network, access, names });
    new RouterGroup(this, 'group', {
      name,
      count: ROUTER_COUNT,
      template,
      subnetIds: network.zones.map((zone) => zone.router.resource.id),
      targetGroupArn: balancer.targets.arn,
      ...routerTimes(environment),
      tags,
    });
  }
}
