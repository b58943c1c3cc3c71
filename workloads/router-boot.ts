import type { Environment } from '../contracts/environment.ts';
import type { Document } from './document.ts';
import { fetchDocument } from './fetch-facts.ts';
import {
  cloudConfig,
  ETC,
  environmentFile,
  file,
  LIB,
  type MachineFile,
  program,
  UNITS,
} from './machine-files.ts';
import { render } from './render.ts';
import { type RouterMachineFacts, routerMachineFacts } from './router-machine-facts.ts';
import type { RouterMachineTemplate } from './router-machine-templates.ts';
import type { Templates } from './templates.ts';
import type { Topology } from './topology.ts';

export interface RouterBootProps {
  readonly environment: Environment;
  readonly topology: Topology;
  readonly templates: Templates;
}

/** Who must have ended before a machine that drains is let go. */
const DRAINED = ['fleet-nginx.service'];

/**
 * The cloud-config that turns a machine into a router: nginx, its agent and the egress as containers, started by
 * systemd. It names no weight, no server and no secret: those come from bucket, cloud and secret store while it runs.
 */
export function routerUserData(props: RouterBootProps): Document {
  const { environment, templates } = props;
  return cloudConfig(templates.routerMachine, routerFiles(props), {
    environment: environment.name,
    platform: environment.platform,
  });
}

/** Everything that the cloud-config writes: facts, steps, units. */
export function routerFiles({ environment, topology, templates }: RouterBootProps): MachineFile[] {
  const facts = routerMachineFacts(environment, topology);
  const lines = (texts: readonly string[]) => texts.map((text) => `${text}\n`).join('');
  return [
    file(`${ETC}/node.env`, environmentFile(facts.environment)),
    file(`${ETC}/inputs`, lines(facts.inputs)),
    ...(facts.fetch === undefined ? [] : [file(`${ETC}/fetch.json`, fetchDocument(facts.fetch))]),
    file(`${ETC}/router-agent.json`, `${JSON.stringify(facts.agentSettings, null, 2)}\n`),
    ...(facts.hasEgress ? [file(`${ETC}/egress.args`, lines(facts.egressArguments))] : []),
    ...steps(templates.routerMachine, facts),
    ...units(templates.routerMachine, facts, environment.name),
  ];
}

function steps(
  template: RouterMachineTemplate,
  { cloud, hasEgress, fetch }: RouterMachineFacts,
): MachineFile[] {
  return [
    file(`${LIB}/lib.sh`, template.lib),
    program('engine.sh', template.engine),
    program('install.sh', template.install),
    ...(fetch === undefined ? [] : [file(`${LIB}/fetch.py`, template.fetchProgram)]),
    program('image.sh', template.image),
    program('inputs.sh', template.inputs),
    program('refresh.sh', template.refresh),
    program('nginx.sh', template.nginx),
    program('agent.sh', template.agent),
    ...(hasEgress ? [program('egress.sh', template.egress)] : []),
    program('leave.sh', template.leave),
    program('join.sh', template.join),
    program('failed.sh', template.failed),
    program('logs.sh', template.logs),
    ...(cloud.platform === 'aws' ? [program('drain.sh', template.drain)] : []),
  ];
}

function units(template: RouterMachineTemplate, facts: RouterMachineFacts, name: string): MachineFile[] {
  const { cloud, drain, hasEgress, egressStopSeconds } = facts;
  const aws = cloud.platform === 'aws';
  const service = (one: string) => `fleet-${one}.service`;
  const started = ['nginx', 'router-agent', 'join', 'refresh', 'leave', 'logs', 'node-exporter'];
  const wants = [...started, ...(hasEgress ? ['egress'] : []), ...(aws ? ['drain'] : [])].map(service);
  const egress = hasEgress ? service('egress') : '';
  const unit = (one: string, text: string) => file(`${UNITS}/${one}`, text);
  return [
    unit('fleet.target', render(template.target, { environment: name, wants: wants.join(' ') })),
    unit(service('engine'), template.engineUnit),
    unit(service('image'), template.imageUnit),
    unit(service('inputs'), template.inputsUnit),
    unit(service('refresh'), template.refreshUnit),
    unit(service('nginx'), render(template.nginxUnit, { egress, unitStopSeconds: String(drain.unitStop) })),
    unit(service('router-agent'), template.agentUnit),
    ...(hasEgress
      ? [
          unit(
            service('egress'),
            render(template.egressUnit, { egressStopSeconds: String(egressStopSeconds) }),
          ),
        ]
      : []),
    unit(service('leave'), render(template.leaveUnit, { leaveStopSeconds: String(drain.leaveRouterStop) })),
    unit(service('join'), template.joinUnit),
    unit('fleet-failed@.service', template.failedUnit),
    unit(service('logs'), template.logsUnit),
    unit(service('node-exporter'), template.nodeExporterUnit),
    ...(aws ? [unit(service('drain'), render(template.drainUnit, { drained: DRAINED.join(' ') }))] : []),
  ];
}
