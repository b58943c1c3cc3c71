import { Construct } from 'constructs';
import type { Document } from '../../workloads/document.ts';
import { GRAFANA_SETTINGS } from '../../workloads/grafana.ts';
import type { ProcessContext } from './context.ts';
import { ProcessPart } from './process-part.ts';
import { GRAFANA_FOLDER_VARIABLE, GRAFANA_PASSWORD_VARIABLE } from './process-topology.ts';

export interface GrafanaProps {
  readonly context: ProcessContext;
  /** By path below Grafana's folder. */
  readonly documents: Readonly<Record<string, Document>>;
}

const START_SECONDS = 60;

/** The host's own Grafana with its data in the part's own folder. It looks at its dashboards by itself. */
export class Grafana extends Construct {
  constructor(scope: Construct, id: string, { context, documents }: GrafanaProps) {
    super(scope, id);
    const { topology, environment } = context;
    const { grafana } = environment;
    if (grafana === undefined) throw new Error('no Grafana is asked for');
    const listen = topology.listen.grafana;
    const part = new ProcessPart(this, 'Resource', {
      context,
      name: 'grafana',
      part: {
        command: ['sh', '{toolkit}/templates/grafana/run.sh', `{part}/${GRAFANA_SETTINGS}`],
        env: { [GRAFANA_FOLDER_VARIABLE]: '{part}' },
        secretEnv: { [GRAFANA_PASSWORD_VARIABLE]: topology.secret(grafana.adminPassword) },
        listens: [{ address: topology.address, port: grafana.port, key: 'grafana.port' }],
        generates: topology.generated([grafana.adminPassword]),
        reload: 'watches',
        ready: { url: `http://${listen}/api/health`, timeoutSeconds: START_SECONDS },
        address: `http://localhost:${grafana.port}`,
      },
      documents,
    });
    part.deliver(this, 'config', Object.keys(documents));
  }
}
