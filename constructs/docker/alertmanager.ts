import type { Construct } from 'constructs';
import type { Document } from '../../workloads/document.ts';
import { alertmanagerCommand } from '../../workloads/observability-commands.ts';
import { ALERTMANAGER_IMAGE } from '../../workloads/observability-images.ts';
import type { DockerContext } from './context.ts';
import { ObservabilityPart } from './observability-part.ts';
import { DOCUMENTS_FOLDER } from './part-documents.ts';

export interface AlertmanagerProps {
  readonly context: DockerContext;
  readonly document: Document;
}

const FILE = 'alertmanager.yml';
const DATA_FOLDER = '/alertmanager';

/** Alertmanager, alone, with silences and what it has sent in a volume. */
export class Alertmanager extends ObservabilityPart {
  constructor(scope: Construct, id: string, { context, document }: AlertmanagerProps) {
    const { topology, environment } = context;
    const { port } = environment.alertmanager ?? {};
    if (port === undefined) throw new Error('no Alertmanager is asked for');
    super(scope, id, {
      context,
      part: 'alertmanager',
      port,
      image: environment.images.alertmanager ?? ALERTMANAGER_IMAGE,
      dataFolder: DATA_FOLDER,
      command: alertmanagerCommand({
        config: `${DOCUMENTS_FOLDER}/${FILE}`,
        data: DATA_FOLDER,
        listen: topology.listen.alertmanager,
      }),
      readyPath: '/-/ready',
      startSeconds: 30,
      stopSeconds: 10,
      deliver: (documents, part, secrets) => [
        documents.deliver(part, 'config', { file: FILE, document, after: secrets }),
      ],
    });
  }
}
