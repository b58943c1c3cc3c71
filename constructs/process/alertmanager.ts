import { Construct } from 'constructs';
import { observabilitySecrets } from '../../contracts/observability-rules.ts';
import type { Document } from '../../workloads/document.ts';
import { alertmanagerCommand } from '../../workloads/observability-commands.ts';
import type { ProcessContext } from './context.ts';
import { ProcessPart } from './process-part.ts';

export interface AlertmanagerProps {
  readonly context: ProcessContext;
  readonly document: Document;
}

const START_SECONDS = 30;
const FILE = 'alertmanager.yml';
/** Debian's package calls the program by a name of its own. */
const RUN = 'exec "$(command -v alertmanager || command -v prometheus-alertmanager)" "$@"';

/** Alertmanager, alone, with what it remembers in the part's own folder. */
export class Alertmanager extends Construct {
  constructor(scope: Construct, id: string, { context, document }: AlertmanagerProps) {
    super(scope, id);
    const { topology, environment } = context;
    const { port } = environment.alertmanager ?? {};
    if (port === undefined) throw new Error('no Alertmanager is asked for');
    const listen = topology.listen.alertmanager;
    const part = new ProcessPart(this, 'Resource', {
      context,
      name: 'alertmanager',
      part: {
        command: [
          ...['sh', '-c', RUN],
          ...alertmanagerCommand({ config: `{part}/${FILE}`, data: '{part}/data', listen }),
        ],
        listens: [{ address: topology.address, port, key: 'alertmanager.port' }],
        generates: topology.generated(observabilitySecrets(environment).alertmanager),
        reload: 'hangup',
        ready: { url: `http://${listen}/-/ready`, timeoutSeconds: START_SECONDS },
        address: `http://${listen}`,
      },
      documents: { [FILE]: document },
    });
    part.deliver(this, 'config', [FILE]);
  }
}
