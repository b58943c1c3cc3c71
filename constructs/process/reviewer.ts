import { Construct } from 'constructs';
import { REVIEWER_DRAIN_SECONDS, reviewerDocument, reviewerSecrets } from '../../workloads/reviewer.ts';
import type { ProcessContext } from './context.ts';
import { ProcessPart } from './process-part.ts';

export interface ReviewerProps {
  readonly context: ProcessContext;
}

const START_SECONDS = 20;
const APPLY_SECONDS = 15;
const STOP_MARGIN_SECONDS = 5;
const DOES = ['receive', 'work'] as const;

/** The reviewer of pull requests: one program that takes webhooks and works, with a folder for its memory. */
export class Reviewer extends Construct {
  constructor(scope: Construct, id: string, { context }: ReviewerProps) {
    super(scope, id);
    const { topology, environment, toolkit } = context;
    const { reviewer } = environment;
    const { reviewer: listen, reviewerAdmin: admin, gateway } = topology.listen;
    if (reviewer === undefined || listen === undefined || admin === undefined)
      throw new Error(`environment ${environment.name} has no reviewer`);
    const document = reviewerDocument(environment, topology, {
      does: DOES,
      queue: { kind: 'folder' },
      store: { folder: `.fleet/${environment.name}/reviews` },
    });
    const part = new ProcessPart(this, 'Resource', {
      context,
      name: 'reviewer',
      part: {
        command: [
          ...['node', '{toolkit}/dist/services/pr-reviewer.js', '--config', '{part}/reviewer.json'],
          ...['--listen', listen, '--admin', admin, '--gateway', `http://${gateway}/v1`],
        ],
        listens: [
          { address: topology.address, port: reviewer.port, key: 'reviewer.port' },
          { address: topology.address, port: reviewer.adminPort, key: 'reviewer.adminPort' },
        ],
        generates: topology.generated(reviewerSecrets(environment, DOES)),
        reload: 'hangup',
        ready: { url: `http://${admin}/ready`, timeoutSeconds: START_SECONDS },
        applied: { url: `http://${admin}/status`, version: document.version, timeoutSeconds: APPLY_SECONDS },
        stopSeconds: REVIEWER_DRAIN_SECONDS + STOP_MARGIN_SECONDS,
        address: `http://${listen}/webhook`,
      },
      programHash: toolkit.programHash('pr-reviewer'),
      documents: { 'reviewer.json': document },
    });
    part.deliver(this, 'config', ['reviewer.json']);
  }
}
