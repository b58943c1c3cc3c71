import type { Construct } from 'constructs';
import type { Document } from '../../workloads/document.ts';
import { GRAFANA_SETTINGS } from '../../workloads/grafana.ts';
import { grafanaCommand } from '../../workloads/observability-commands.ts';
import { GRAFANA_IMAGE } from '../../workloads/observability-images.ts';
import type { DockerContext } from './context.ts';
import { GRAFANA_DATA } from './docker-topology.ts';
import { ObservabilityPart } from './observability-part.ts';
import { DOCUMENTS_FOLDER } from './part-documents.ts';

export interface GrafanaProps {
  readonly context: DockerContext;
  /** By path below Grafana's folder. */
  readonly documents: Readonly<Record<string, Document>>;
}

/** Grafana with its users and sessions in a volume; all that it shows is documents, which it looks at by itself. */
export class Grafana extends ObservabilityPart {
  constructor(scope: Construct, id: string, { context, documents }: GrafanaProps) {
    const { environment } = context;
    const { port } = environment.grafana ?? {};
    if (port === undefined) throw new Error('no Grafana is asked for');
    super(scope, id, {
      context,
      part: 'grafana',
      port,
      image: environment.images.grafana ?? GRAFANA_IMAGE,
      dataFolder: GRAFANA_DATA,
      command: grafanaCommand({ config: `${DOCUMENTS_FOLDER}/${GRAFANA_SETTINGS}` }),
      readyPath: '/api/health',
      startSeconds: 60,
      stopSeconds: 15,
      tmpfs: { '/tmp': 'rw,noexec,nosuid,size=64m' },
      deliver: (folder, part, secrets) => [folder.deliverAll(part, 'config', documents), ...secrets],
    });
  }
}
