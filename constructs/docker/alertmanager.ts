import { Image } from '@cdktf/provider-docker/lib/image/index.js';
import { Volume } from '@cdktf/provider-docker/lib/volume/index.js';
import { Construct } from 'constructs';
import { observabilitySecrets } from '../../contracts/observability-rules.ts';
import type { Document } from '../../workloads/document.ts';
import { ALERTMANAGER_IMAGE } from '../../workloads/observability-images.ts';
import { containerNameOf, type DockerContext, labelsOf } from './context.ts';
import { PartContainer } from './part-container.ts';
import { DOCUMENTS_FOLDER, PartDocuments } from './part-documents.ts';
import { groupSecrets } from './part-secrets.ts';

export interface AlertmanagerProps {
  readonly context: DockerContext;
  readonly document: Document;
}

const START_SECONDS = 30;
const STOP_SECONDS = 10;
const PART = 'alertmanager';
const FILE = 'alertmanager.yml';
const DATA_FOLDER = '/alertmanager';

/** Alertmanager, alone, with silences and what it has sent in a volume. */
export class Alertmanager extends Construct {
  constructor(scope: Construct, id: string, { context, document }: AlertmanagerProps) {
    super(scope, id);
    const { topology, environment, settings } = context;
    const { port } = environment.alertmanager ?? {};
    if (port === undefined) throw new Error('no Alertmanager is asked for');
    const image = new Image(this, 'image', {
      name: environment.images.alertmanager ?? ALERTMANAGER_IMAGE,
      keepLocally: true,
    });
    const data = new Volume(this, 'data', {
      name: `${containerNameOf(environment, PART)}-data`,
      labels: labelsOf(environment, PART),
    });
    const secrets = groupSecrets(this, context, PART, observabilitySecrets(environment).alertmanager);
    const documents = new PartDocuments(this, 'documents', { context, part: PART });
    const config = documents.deliver(this, 'config', { file: FILE, document, after: secrets.after });
    new PartContainer(this, 'Resource', {
      context,
      part: PART,
      port,
      stopSeconds: STOP_SECONDS,
      health: {
        command: ['wget', '-q', '-O', '/dev/null', `http://127.0.0.1:${port}/-/ready`],
        startSeconds: START_SECONDS,
      },
      config: {
        image: image.imageId,
        entrypoint: ['alertmanager'],
        command: [
          ...[`--config.file=${DOCUMENTS_FOLDER}/${FILE}`, `--storage.path=${DATA_FOLDER}`],
          ...[`--web.listen-address=${topology.listen.alertmanager}`, '--cluster.listen-address='],
        ],
        ...secrets.config,
        ports: [{ internal: port, external: port, ip: settings.address }],
        volumes: [documents.mount, { volumeName: data.name, containerPath: DATA_FOLDER }, ...secrets.mounts],
      },
      after: [config],
    });
  }
}
