import { Volume } from '@cdktf/provider-docker/lib/volume/index.js';
import { Construct } from 'constructs';
import { REVIEWER_DRAIN_SECONDS, reviewerDocument, reviewerSecrets } from '../../workloads/reviewer.ts';
import { type DockerContext, labelsOf } from './context.ts';
import { PartContainer } from './part-container.ts';
import { DOCUMENTS_FOLDER, PartDocuments } from './part-documents.ts';
import { PartSecrets } from './part-secrets.ts';
import { probe } from './probe.ts';

export interface ReviewerProps {
  readonly context: DockerContext;
}

const PART = 'reviewer';
const FILE = 'reviewer.json';
/** The image has it for its user, whose volume it stays. */
const STORE_FOLDER = '/var/lib/fleet';
const START_SECONDS = 20;
const APPLY_SECONDS = 15;
const STOP_MARGIN_SECONDS = 5;
const DOES = ['receive', 'work'] as const;

/** The reviewer of pull requests: one container that takes webhooks and works, with a volume for its memory. */
export class Reviewer extends Construct {
  constructor(scope: Construct, id: string, { context }: ReviewerProps) {
    super(scope, id);
    const { topology, environment, services, settings } = context;
    const { reviewer, gateway } = environment;
    const { reviewer: listen, reviewerAdmin } = topology.listen;
    if (reviewer === undefined || listen === undefined || reviewerAdmin === undefined)
      throw new Error(`environment ${environment.name} has no reviewer`);
    const admin = `http://127.0.0.1:${reviewer.adminPort}`;
    const secrets = new PartSecrets(this, 'secrets', {
      ...{ context, part: PART, names: reviewerSecrets(environment, DOES) },
    });
    const documents = new PartDocuments(this, 'documents', { context, part: PART });
    const config = documents.deliver(this, 'config', {
      file: FILE,
      document: reviewerDocument(environment, topology, {
        does: DOES,
        queue: { kind: 'folder' },
        store: { folder: STORE_FOLDER },
      }),
      applied: { url: `${admin}/status`, timeoutSeconds: APPLY_SECONDS },
      after: [secrets.delivery],
    });
    const store = new Volume(this, 'store', {
      name: `${environment.name}-reviews`,
      labels: labelsOf(environment, PART),
    });
    new PartContainer(this, 'Resource', {
      context,
      part: PART,
      port: reviewer.port,
      stopSeconds: REVIEWER_DRAIN_SECONDS + STOP_MARGIN_SECONDS,
      health: probe(`${admin}/ready`, START_SECONDS),
      config: {
        image: services.imageId,
        entrypoint: ['node', '/app/pr-reviewer.mjs'],
        command: [
          ...['--config', `${DOCUMENTS_FOLDER}/${FILE}`, '--listen', listen, '--admin', reviewerAdmin],
          ...['--gateway', `http://gateway:${gateway.port}/v1`],
        ],
        ports: [{ internal: reviewer.port, external: reviewer.port, ip: settings.address }],
        volumes: [
          documents.mount,
          secrets.mount,
          { volumeName: store.name, containerPath: STORE_FOLDER, readOnly: false },
        ],
      },
      after: [config],
    });
  }
}
