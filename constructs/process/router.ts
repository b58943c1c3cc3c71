import { Construct } from 'constructs';
import type { RouterProps } from '../platform.ts';
import type { ProcessContext } from './context.ts';
import { ProcessPart } from './process-part.ts';

export interface ProcessRouterProps extends RouterProps {
  readonly context: ProcessContext;
}

const START_SECONDS = 20;
const APPLY_SECONDS = 15;
/** Run by root, nginx would give its workers to another user, who may not enter the part's folder. Others ignore it. */
const NGINX_DIRECTIVES = 'daemon off; user root;';

/** nginx and the router agent that writes its files and reloads it. */
export class Router extends Construct {
  constructor(scope: Construct, id: string, { context, weights, servers }: ProcessRouterProps) {
    super(scope, id);
    const { topology, environment, toolkit } = context;
    const { router } = environment;
    const { listen, address } = topology;
    const hopKey = topology.secret(router.key);
    const agent = new ProcessPart(this, 'agent', {
      context,
      name: 'router-agent',
      part: {
        command: [
          ...['node', '{toolkit}/dist/services/router-agent.js', '--prefix', '{environment}/router'],
          ...['--document', '{part}/nginx.conf', '--servers', '{part}/servers.json'],
          ...('file' in hopKey ? ['--hop-key-file', hopKey.file] : ['--hop-key-env', hopKey.env]),
          ...['--admin', `http://${listen.routerAdmin}`, '--listen', listen.routerAgent],
        ],
        secretEnv: 'env' in hopKey ? { [hopKey.env]: hopKey } : {},
        listens: [{ address, port: router.agentPort, key: 'router.agentPort' }],
        generates: topology.generated([router.key]),
        reload: 'watches',
        ready: { url: `http://${listen.routerAgent}/ready`, timeoutSeconds: START_SECONDS },
        applied: {
          url: `http://${listen.routerAgent}/status`,
          version: weights.version,
          timeoutSeconds: APPLY_SECONDS,
        },
      },
      programHash: toolkit.programHash('router-agent'),
      documents: { 'nginx.conf': weights, 'servers.json': servers },
    });
    const nginx = new ProcessPart(this, 'nginx', {
      context,
      name: 'router',
      part: {
        command: ['nginx', '-p', '{part}', '-c', 'nginx.conf', '-g', NGINX_DIRECTIVES],
        listens: [
          { address, port: router.port, key: 'router.port' },
          { address, port: router.adminPort, key: 'router.adminPort' },
        ],
        ready: { url: `http://${listen.routerAdmin}/version`, timeoutSeconds: START_SECONDS },
        address: `http://${listen.router}`,
      },
      after: [agent.process],
    });
    agent.deliver(this, 'weights', ['nginx.conf'], [nginx.process]);
    agent.deliver(this, 'servers', ['servers.json'], [nginx.process]);
  }
}
