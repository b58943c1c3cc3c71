import { Image } from '@cdktf/provider-docker/lib/image/index.js';
import { Volume } from '@cdktf/provider-docker/lib/volume/index.js';
import { Construct } from 'constructs';
import { observabilitySecrets } from '../../contracts/observability-rules.ts';
import type { Document } from '../../workloads/document.ts';
import { GRAFANA_SETTINGS } from '../../workloads/grafana.ts';
import { GRAFANA_IMAGE } from '../../workloads/observability-images.ts';
import { containerNameOf, type DockerContext, labelsOf } from './context.ts';
import { GRAFANA_DATA } from './docker-topology.ts';
import { PartContainer } from './part-container.ts';
import { DOCUMENTS_FOLDER, PartDocuments } from './part-documents.ts';
import { groupSecrets } from './part-secrets.ts';

export interface GrafanaProps {
  readonly context: DockerContext;
  /** By path below Grafana's folder. */
  readonly documents: Readonly<Record<string, Document>>;
}

const START_SECONDS = 60;
const STOP_SECONDS = 15;
const PART = 'grafana';

/** Grafana with its users and sessions in a volume; all that it shows is documents, which it looks at by itself. */
export class Grafana extends Construct {
  constructor(scope: Construct, id: string, { context, documents }: GrafanaProps) {
    super(scope, id);
    const { environment, settings } = context;
    const { port } = environment.grafana ?? {};
    if (port === undefined) throw new Error('no Grafana is asked for');
    const image = new Image(this, 'image', {
      name: environment.images.grafana ?? GRAFANA_IMAGE,
      keepLocally: true,
    });
    const data = new Volume(this, 'data', {
      name: `${containerNameOf(environment, PART)}-data`,
      labels: labelsOf(environment, PART),
    });
    const secrets = groupSecrets(this, context, PART, observabilitySecrets(environment).grafana);
    const folder = new PartDocuments(this, 'documents', { context, part: PART });
    const config = folder.deliverAll(this, 'config', documents);
    new PartContainer(this, 'Resource', {
      context,
      part: PART,
      port,
      stopSeconds: STOP_SECONDS,
      health: {
        command: ['wget', '-q', '-O', '/dev/null', `http://127.0.0.1:${port}/api/health`],
        startSeconds: START_SECONDS,
      },
      config: {
        image: image.imageId,
        entrypoint: ['grafana'],
        command: [
          ...['server', '--homepath', '/usr/share/grafana'],
          ...['--config', `${DOCUMENTS_FOLDER}/${GRAFANA_SETTINGS}`],
        ],
        ...secrets.config,
        tmpfs: { '/tmp': 'rw,noexec,nosuid,size=64m' },
        ports: [{ internal: port, external: port, ip: settings.address }],
        volumes: [folder.mount, { volumeName: data.name, containerPath: GRAFANA_DATA }, ...secrets.mounts],
      },
      after: [config, ...secrets.after],
    });
  }
}
