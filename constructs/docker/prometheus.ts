import { Image } from '@cdktf/provider-docker/lib/image/index.js';
import { Volume } from '@cdktf/provider-docker/lib/volume/index.js';
import { Construct } from 'constructs';
import { observabilitySecrets } from '../../contracts/observability-rules.ts';
import type { Document } from '../../workloads/document.ts';
import { PROMETHEUS_IMAGE } from '../../workloads/observability-images.ts';
import { RULES_FILE } from '../../workloads/prometheus.ts';
import { containerNameOf, type DockerContext, labelsOf } from './context.ts';
import { PartContainer } from './part-container.ts';
import { DOCUMENTS_FOLDER, PartDocuments } from './part-documents.ts';
import { groupSecrets } from './part-secrets.ts';

export interface PrometheusProps {
  readonly context: DockerContext;
  readonly document: Document;
  readonly rules: Document;
}

const START_SECONDS = 30;
const STOP_SECONDS = 30;
const PART = 'prometheus';
const FILE = 'prometheus.yml';
const DATA_FOLDER = '/prometheus';

/** Prometheus with its data in a volume. */
export class Prometheus extends Construct {
  constructor(scope: Construct, id: string, { context, document, rules }: PrometheusProps) {
    super(scope, id);
    const { topology, environment, settings } = context;
    const { port, retention } = environment.prometheus;
    const image = new Image(this, 'image', {
      name: environment.images.prometheus ?? PROMETHEUS_IMAGE,
      keepLocally: true,
    });
    const data = new Volume(this, 'data', {
      name: `${containerNameOf(environment, PART)}-data`,
      labels: labelsOf(environment, PART),
    });
    const secrets = groupSecrets(this, context, PART, observabilitySecrets(environment).prometheus);
    const documents = new PartDocuments(this, 'documents', { context, part: PART });
    const rulesDelivered = documents.deliver(this, 'rules', { file: RULES_FILE, document: rules });
    const config = documents.deliver(this, 'config', {
      file: FILE,
      document,
      after: [rulesDelivered, ...secrets.after],
    });
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
        entrypoint: ['prometheus'],
        command: [
          ...[`--config.file=${DOCUMENTS_FOLDER}/${FILE}`, `--storage.tsdb.path=${DATA_FOLDER}`],
          `--storage.tsdb.retention.time=${retention}`,
          `--web.listen-address=${topology.listen.prometheus}`,
        ],
        ...secrets.config,
        ports: [{ internal: port, external: port, ip: settings.address }],
        volumes: [documents.mount, { volumeName: data.name, containerPath: DATA_FOLDER }, ...secrets.mounts],
      },
      after: [config],
    });
  }
}
