import { Image } from '@cdktf/provider-docker/lib/image/index.js';
import { Volume } from '@cdktf/provider-docker/lib/volume/index.js';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { observabilitySecrets } from '../../contracts/observability-rules.ts';
import { containerNameOf, type DockerContext, labelsOf } from './context.ts';
import { PartContainer } from './part-container.ts';
import { PartDocuments } from './part-documents.ts';
import { groupSecrets } from './part-secrets.ts';

export interface ObservabilityPartProps {
  readonly context: DockerContext;
  readonly part: 'prometheus' | 'alertmanager' | 'grafana';
  readonly port: number;
  readonly image: string;
  /** Where it keeps what outlives the container. */
  readonly dataFolder: string;
  /** Program first. */
  readonly command: readonly [string, ...string[]];
  /** Path that answers when it is ready. */
  readonly readyPath: string;
  readonly startSeconds: number;
  readonly stopSeconds: number;
  /** Folders in memory, with their options. @default - none */
  readonly tmpfs?: Readonly<Record<string, string>>;
  /** Delivers its documents. Answers what must have happened before the container is made. */
  readonly deliver: (
    documents: PartDocuments,
    scope: Construct,
    secrets: readonly ITerraformDependable[],
  ) => readonly ITerraformDependable[];
}

/** A program that watches the others: a published image, its data in a volume, its documents and secrets beside. */
export class ObservabilityPart extends Construct {
  constructor(scope: Construct, id: string, props: ObservabilityPartProps) {
    super(scope, id);
    const { context, part, port, readyPath, startSeconds, stopSeconds, tmpfs, dataFolder } = props;
    const { environment, settings } = context;
    const [program, ...args] = props.command;
    const image = new Image(this, 'image', { name: props.image, keepLocally: true });
    const data = new Volume(this, 'data', {
      name: `${containerNameOf(environment, part)}-data`,
      labels: labelsOf(environment, part),
    });
    const secrets = groupSecrets(this, context, part, observabilitySecrets(environment)[part]);
    const documents = new PartDocuments(this, 'documents', { context, part });
    new PartContainer(this, 'Resource', {
      context,
      part,
      port,
      stopSeconds,
      health: {
        command: ['wget', '-q', '-O', '/dev/null', `http://127.0.0.1:${port}${readyPath}`],
        startSeconds,
      },
      config: {
        image: image.imageId,
        entrypoint: [program],
        command: args,
        ...secrets.config,
        ...(tmpfs === undefined ? {} : { tmpfs }),
        ports: [{ internal: port, external: port, ip: settings.address }],
        volumes: [documents.mount, { volumeName: data.name, containerPath: dataFolder }, ...secrets.mounts],
      },
      after: props.deliver(documents, this, secrets.after),
    });
  }
}
