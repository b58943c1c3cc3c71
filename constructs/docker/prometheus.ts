import type { Construct } from 'constructs';
import type { Document } from '../../workloads/document.ts';
import { prometheusCommand } from '../../workloads/observability-commands.ts';
import { PROMETHEUS_IMAGE } from '../../workloads/observability-images.ts';
import { RULES_FILE } from '../../workloads/prometheus.ts';
import type { DockerContext } from './context.ts';
import { ObservabilityPart } from './observability-part.ts';
import { DOCUMENTS_FOLDER } from './part-documents.ts';

export interface PrometheusProps {
  readonly context: DockerContext;
  readonly document: Document;
  readonly rules: Document;
}

const FILE = 'prometheus.yml';
const DATA_FOLDER = '/prometheus';

/** Prometheus with its data in a volume. */
export class Prometheus extends ObservabilityPart {
  constructor(scope: Construct, id: string, { context, document, rules }: PrometheusProps) {
    const { topology, environment } = context;
    const { port, retention } = environment.prometheus;
    super(scope, id, {
      context,
      part: 'prometheus',
      port,
      image: environment.images.prometheus ?? PROMETHEUS_IMAGE,
      dataFolder: DATA_FOLDER,
      command: prometheusCommand({
        config: `${DOCUMENTS_FOLDER}/${FILE}`,
        data: DATA_FOLDER,
        listen: topology.listen.prometheus,
        retention,
      }),
      readyPath: '/-/ready',
      startSeconds: 30,
      stopSeconds: 30,
      deliver: (documents, part, secrets) => {
        const first = documents.deliver(part, 'rules', { file: RULES_FILE, document: rules });
        return [documents.deliver(part, 'config', { file: FILE, document, after: [first, ...secrets] })];
      },
    });
  }
}
