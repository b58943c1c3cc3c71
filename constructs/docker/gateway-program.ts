import type { ContainerPorts } from '@cdktf/provider-docker/lib/container/index.js';
import { Construct } from 'constructs';
import type { Document } from '../../workloads/document.ts';
import { GATEWAY_DRAIN_SECONDS } from '../../workloads/gateway.ts';
import type { DockerContext } from './context.ts';
import type { DeliverySource } from './delivery-commands.ts';
import { PartContainer } from './part-container.ts';
import { DOCUMENTS_FOLDER, PartDocuments } from './part-documents.ts';
import { PartSecrets } from './part-secrets.ts';
import { probe } from './probe.ts';

export interface GatewayProgramProps {
  readonly context: DockerContext;
  /** `gateway` is the edge; both are sections of the environment file. */
  readonly role: 'gateway' | 'egress';
  readonly document: Document;
  /** Names of the secrets it reads. */
  readonly secrets: readonly (string | undefined)[];
  /** Other files that it finds among its secrets. @default - none */
  readonly files?: Readonly<Record<string, DeliverySource>>;
  /** Ports on the host. @default - none: only other parts reach it */
  readonly ports?: readonly ContainerPorts[];
}

const START_SECONDS = 20;
const APPLY_SECONDS = 15;
const STOP_MARGIN_SECONDS = 5;
const FILE = 'gateway.json';

/** The gateway program in one of its two roles. */
export class GatewayProgram extends Construct {
  constructor(scope: Construct, id: string, props: GatewayProgramProps) {
    super(scope, id);
    const { context, role, document, files, ports } = props;
    const { topology, environment, services } = context;
    const { port, adminPort } = environment[role];
    const admin = `http://127.0.0.1:${adminPort}`;
    const secrets = new PartSecrets(this, 'secrets', { context, part: role, names: props.secrets, files });
    const documents = new PartDocuments(this, 'documents', { context, part: role });
    const config = documents.deliver(this, 'config', {
      file: FILE,
      document,
      applied: { url: `${admin}/status`, timeoutSeconds: APPLY_SECONDS },
      after: [secrets.delivery],
    });
    new PartContainer(this, 'Resource', {
      context,
      part: role,
      port,
      stopSeconds: GATEWAY_DRAIN_SECONDS + STOP_MARGIN_SECONDS,
      health: probe(`${admin}/ready`, START_SECONDS),
      config: {
        image: services.imageId,
        entrypoint: ['node', '/app/gateway.mjs'],
        command: [
          ...['--config', `${DOCUMENTS_FOLDER}/${FILE}`],
          ...['--listen', topology.listen[role], '--admin', topology.listen[`${role}Admin`]],
        ],
        ports: [...(ports ?? [])],
        volumes: [documents.mount, secrets.mount],
      },
      after: [config],
    });
  }
}
