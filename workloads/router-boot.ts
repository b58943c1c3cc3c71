import type { Environment } from '../contracts/environment.ts';
import type { Document } from './document.ts';
import { cloudConfig, ETC, file, type MachineFile, program } from './machine-files.ts';
import { render } from './render.ts';
import { type RouterMachineFacts, routerMachineFacts } from './router-machine-facts.ts';
import type { RouterMachineTemplate } from './router-machine-templates.ts';
import {
  serviceFacts,
  serviceName,
  serviceSteps,
  serviceUnit,
  serviceUnits,
  textOfLines,
} from './service-machine.ts';
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
  return [
    ...serviceFacts(facts),
    file(`${ETC}/router-agent.json`, `${JSON.stringify(facts.agentSettings, null, 2)}\n`),
    ...(facts.hasEgress ? [file(`${ETC}/egress.args`, textOfLines(facts.egressArguments))] : []),
    ...steps(templates.routerMachine, facts),
    ...units(templates.routerMachine, facts, environment.name),
  ];
}

function steps(template: RouterMachineTemplate, facts: RouterMachineFacts): MachineFile[] {
  return [
    ...serviceSteps(template, facts, [
      program('nginx.sh', template.nginx),
      program('agent.sh', template.agent),
      ...(facts.hasEgress ? [program('egress.sh', template.egress)] : []),
      program('leave.sh', template.leave),
      program('join.sh', template.join),
    ]),
    ...(facts.cloud.platform === 'aws' ? [program('drain.sh', template.drain)] : []),
  ];
}

function units(
  template: RouterMachineTemplate,
  facts: RouterMachineFacts,
  environment: string,
): MachineFile[] {
  const { cloud, drain, hasEgress, egressStopSeconds } = facts;
  const aws = cloud.platform === 'aws';
  const started = ['nginx', 'router-agent', 'join', 'refresh', 'leave', 'logs', 'node-exporter'];
  const egress = hasEgress ? serviceName('egress') : '';
  const rendered = (name: string, text: string, variables: Readonly<Record<string, string>>) =>
    serviceUnit(name, render(text, variables));
  return [
    ...serviceUnits(
      template,
      { environment, started: [...started, ...(hasEgress ? ['egress'] : []), ...(aws ? ['drain'] : [])] },
      [
        rendered('nginx', template.nginxUnit, { egress, unitStopSeconds: String(drain.unitStop) }),
        serviceUnit('router-agent', template.agentUnit),
        ...(hasEgress
          ? [rendered('egress', template.egressUnit, { egressStopSeconds: String(egressStopSeconds) })]
          : []),
        rendered('leave', template.leaveUnit, { leaveStopSeconds: String(drain.leaveRouterStop) }),
        serviceUnit('join', template.joinUnit),
      ],
    ),
    ...(aws ? [rendered('drain', template.drainUnit, { drained: DRAINED.join(' ') })] : []),
  ];
}
