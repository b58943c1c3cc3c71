import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { machineLabel } from '../../contracts/machine-label.ts';
import type { Document } from '../../workloads/document.ts';
import { ROUTER_COUNT, routerTimes } from '../../workloads/router-machine-facts.ts';
import { MACHINE_LABELS } from '../../workloads/topology.ts';
import { StackFiles } from '../stack-files.ts';
import type { Access } from './access.ts';
import type { DocumentBucket } from './document-bucket.ts';
import type { Network } from './network.ts';
import { NodeTemplate } from './node-template.ts';
import type { Place } from './place.ts';
import { RouterBalancer } from './router-balancer.ts';
import { RouterGrants } from './router-grants.ts';
import { RouterGroup } from './router-group.ts';
import { RouterParts } from './router-parts.ts';

export interface RouterProps {
  readonly environment: Environment;
  readonly place: Place;
  readonly network: Network;
  readonly access: Access;
  readonly documents: DocumentBucket;
  readonly userData: Document;
}

const MACHINE = 'e2-standard-2';
/** The machine image of nodes, which routers may be started from, needs most of it. */
const BOOT_DISK_GB = 100;
/** Small machines move to another host while they run. */
const PROVISIONING = {
  scheduling: {
    provisioningModel: 'STANDARD',
    onHostMaintenance: 'MIGRATE',
    automaticRestart: true,
    preemptible: false,
  },
};

/** Two router machines in different zones, behind one name. Weights and servers reach them as documents. */
export class Router extends Construct {
  constructor(scope: Construct, id: string, props: RouterProps) {
    super(scope, id);
    const { environment, place, network, access, documents, userData } = props;
    const { google, router, labels } = environment;
    const sourceImage = google?.routerImage ?? google?.nodeImage;
    if (sourceImage === undefined)
      throw new Error(`environment ${environment.name} names no machine image of routers`);

    const identity = access.router;
    new RouterGrants(this, 'grants', { environment, identity, machineImage: sourceImage });
    new RouterParts(this, 'parts', { environment, place, machine: identity, documents });
    const template = new NodeTemplate(this, 'template', {
      place,
      name: ['router'],
      machine: router.machine ?? MACHINE,
      disks: [
        { boot: true, autoDelete: true, sourceImage, diskType: 'pd-balanced', diskSizeGb: BOOT_DISK_GB },
      ],
      provisioning: PROVISIONING,
      subnet: network.routers,
      identity: access.router,
      userDataFile: StackFiles.of(this).add('router/user-data', userData.text),
      labels: {
        ...labels,
        [MACHINE_LABELS.environment]: machineLabel(environment.name),
        [MACHINE_LABELS.part]: 'router',
      },
    });
    const group = new RouterGroup(this, 'group', {
      place,
      count: ROUTER_COUNT,
      template,
      agentPort: router.agentPort,
      joinSeconds: routerTimes(environment).joinSeconds,
    });
    new RouterBalancer(this, 'balancer', { environment, place, network, group });
  }
}
