import { Construct } from 'constructs';
import type { RouterProps } from '../platform.ts';
import type { DockerContext } from './context.ts';
import { SECRETS_FOLDER } from './docker-topology.ts';
import { PartContainer } from './part-container.ts';
import { DOCUMENTS_FOLDER, PartDocuments } from './part-documents.ts';
import { PartSecrets } from './part-secrets.ts';
import { probe } from './probe.ts';
import type { ServiceImage } from './service-image.ts';

export interface DockerRouterProps extends RouterProps {
  readonly context: DockerContext;
  readonly image: ServiceImage;
}

const START_SECONDS = 20;
const APPLY_SECONDS = 15;
/** A stopped router takes no new requests: longer than the gateway's own drain would only be a longer gap. */
const STOP_SECONDS = 15;
const PART = 'router';
/** nginx's prefix: memory, because the agent makes its content anew from the documents. The user is the image's. */
const PREFIX = { '/var/lib/fleet': 'uid=10001,gid=10001,mode=0700' };

/** nginx and the router agent in one container, see `templates/docker/router.sh`. */
export class Router extends Construct {
  constructor(scope: Construct, id: string, { context, image, weights, servers }: DockerRouterProps) {
    super(scope, id);
    const { topology, environment } = context;
    const { port, adminPort, agentPort, key } = environment.router;
    const agent = `http://127.0.0.1:${agentPort}`;
    const secrets = new PartSecrets(this, 'secrets', { context, part: PART, names: [key] });
    const documents = new PartDocuments(this, 'documents', { context, part: PART });
    const deliveries = [
      documents.deliver(this, 'weights', {
        file: 'nginx.conf',
        document: weights,
        applied: { url: `${agent}/status`, timeoutSeconds: APPLY_SECONDS },
      }),
      documents.deliver(this, 'servers', { file: 'servers.json', document: servers }),
    ];
    new PartContainer(this, 'Resource', {
      context,
      part: PART,
      port,
      stopSeconds: STOP_SECONDS,
      health: probe(`http://${topology.listen.routerAdmin}/version`, START_SECONDS),
      config: {
        image: image.imageId,
        entrypoint: ['bash', '/app/router.sh'],
        command: [
          ...[
            '--document',
            `${DOCUMENTS_FOLDER}/nginx.conf`,
            '--servers',
            `${DOCUMENTS_FOLDER}/servers.json`,
          ],
          ...['--hop-key-file', `${SECRETS_FOLDER}/${key}`],
          ...['--admin', `http://127.0.0.1:${adminPort}`, '--listen', topology.listen.routerAgent],
        ],
        env: [`FLEET_AGENT_READY=${agent}/ready`],
        tmpfs: PREFIX,
        volumes: [documents.mount, secrets.mount],
      },
      after: [...deliveries, secrets.delivery],
    });
  }
}
