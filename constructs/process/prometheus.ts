import { Construct } from 'constructs';
import { observabilitySecrets } from '../../contracts/observability-rules.ts';
import type { Document } from '../../workloads/document.ts';
import { prometheusCommand } from '../../workloads/observability-commands.ts';
import { RULES_FILE } from '../../workloads/prometheus.ts';
import type { ProcessContext } from './context.ts';
import { ProcessPart } from './process-part.ts';

export interface PrometheusProps {
  readonly context: ProcessContext;
  readonly document: Document;
  readonly rules: Document;
}

const START_SECONDS = 30;

/** Prometheus with its data in the part's own folder. */
export class Prometheus extends Construct {
  constructor(scope: Construct, id: string, { context, document, rules }: PrometheusProps) {
    super(scope, id);
    const { topology, environment } = context;
    const { port, retention } = environment.prometheus;
    const part = new ProcessPart(this, 'Resource', {
      context,
      name: 'prometheus',
      part: {
        command: prometheusCommand({
          config: '{part}/prometheus.yml',
          data: '{part}/data',
          listen: topology.listen.prometheus,
          retention,
        }),
        listens: [{ address: topology.address, port, key: 'prometheus.port' }],
        generates: topology.generated(observabilitySecrets(environment).prometheus),
        reload: 'hangup',
        ready: { url: `http://${topology.listen.prometheus}/-/ready`, timeoutSeconds: START_SECONDS },
        address: `http://${topology.listen.prometheus}`,
      },
      documents: { 'prometheus.yml': document, [RULES_FILE]: rules },
    });
    part.deliver(this, 'config', ['prometheus.yml', RULES_FILE]);
  }
}
