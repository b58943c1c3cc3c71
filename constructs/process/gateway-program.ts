import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Document } from '../../workloads/document.ts';
import { GATEWAY_DRAIN_SECONDS } from '../../workloads/gateway.ts';
import type { ProcessContext } from './context.ts';
import { ProcessPart } from './process-part.ts';

export interface GatewayProgramProps {
  readonly context: ProcessContext;
  /** `gateway` is the edge; both are sections of the environment file. */
  readonly role: 'gateway' | 'egress';
  readonly document: Document;
  /** Names of the secrets it reads. */
  readonly secrets: readonly (string | undefined)[];
  /** What must run before it. @default - nothing */
  readonly after?: readonly ITerraformDependable[];
}

const START_SECONDS = 20;
const APPLY_SECONDS = 15;
const STOP_MARGIN_SECONDS = 5;

/** The gateway program in one of its two roles. */
export class GatewayProgram extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { context, role, document, secrets, after }: GatewayProgramProps,
  ) {
    super(scope, id);
    const { topology, environment, toolkit } = context;
    const { port, adminPort } = environment[role];
    const listen = topology.listen[role];
    const admin = topology.listen[`${role}Admin`];
    const part = new ProcessPart(this, 'Resource', {
      context,
      name: role,
      part: {
        command: [
          ...['node', '{toolkit}/dist/services/gateway.js'],
          ...['--config', '{part}/gateway.json', '--listen', listen, '--admin', admin],
        ],
        listens: [
          { address: topology.address, port, key: `${role}.port` },
          { address: topology.address, port: adminPort, key: `${role}.adminPort` },
        ],
        generates: topology.generated(secrets),
        reload: 'hangup',
        ready: { url: `http://${admin}/ready`, timeoutSeconds: START_SECONDS },
        applied: { url: `http://${admin}/status`, version: document.version, timeoutSeconds: APPLY_SECONDS },
        stopSeconds: GATEWAY_DRAIN_SECONDS + STOP_MARGIN_SECONDS,
        address: role === 'gateway' ? `http://${listen}/v1` : `http://${listen}`,
      },
      programHash: toolkit.programHash('gateway'),
      documents: { 'gateway.json': document },
      after,
    });
    part.deliver(this, 'config', ['gateway.json']);
  }
}
