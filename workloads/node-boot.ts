import { drainTimes } from '../contracts/drain.ts';
import type { Environment } from '../contracts/environment.ts';
import type { Release } from '../contracts/release.ts';
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
import { type NodeFacts, nodeFacts, serverArguments } from './node-facts.ts';
import type { NodeTemplate } from './node-templates.ts';
import { render } from './render.ts';
import type { Templates } from './templates.ts';
import { vllmEnvironment } from './vllm-command.ts';

export interface NodeBootProps {
  readonly environment: Environment;
  readonly release: Release;
  readonly templates: Templates;
}

/**
 * The cloud-config that turns a GPU machine into a node of one release: drivers awaited, weights fetched, one systemd
 * unit for each vLLM server. The same text on every boot of every machine of the release, and no secret in it. It holds
 * `${` of shell: where Terraform gets it as a string and not by `file()`, `escapeTerraform` is the caller's.
 */
export function nodeUserData(props: NodeBootProps): Document {
  const { environment, release, templates } = props;
  return cloudConfig(templates.node, nodeFiles(props), {
    release: `${release.model} ${release.name}`,
    environment: environment.name,
    platform: environment.platform,
  });
}

/** Everything that the cloud-config writes: facts, steps, units. */
export function nodeFiles({ environment, release, templates: { node } }: NodeBootProps): MachineFile[] {
  const facts = nodeFacts(environment, release);
  return [
    file(`${ETC}/node.env`, environmentFile(facts.environment)),
    file(`${ETC}/fetch.json`, fetchDocument(facts.fetch)),
    file(`${ETC}/vllm.env`, plainVariables(vllmEnvironment(release))),
    ...facts.servers.flatMap((server) => [
      file(
        `${ETC}/server-${server.server}.env`,
        environmentFile({ FLEET_SERVER_PORT: String(server.port), FLEET_SERVER_GPUS: server.gpus.join(',') }),
      ),
      file(
        `${ETC}/server-${server.server}.args`,
        serverArguments(environment, release, server)
          .map((argument) => `${argument}\n`)
          .join(''),
      ),
    ]),
    ...steps(node),
    ...units(node, facts, release),
  ];
}

/** As the container engine reads them: without quotes. */
function plainVariables(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function steps(node: NodeTemplate): MachineFile[] {
  return [
    file(`${LIB}/lib.sh`, node.lib),
    program('gpus.sh', node.gpus),
    program('disks.sh', node.disks),
    program('engine.sh', node.engine),
    program('install.sh', node.install),
    program('image.sh', node.image),
    program('weights.sh', node.weights),
    file(`${LIB}/fetch.py`, node.fetchProgram),
    program('serve.sh', node.serve),
    program('leave.sh', node.leave),
    file(`${LIB}/health.py`, node.healthProgram),
    program('failed.sh', node.failed),
    program('logs.sh', node.logs),
    program('drain.sh', node.drain),
  ];
}

function units(node: NodeTemplate, { nodes, servers }: NodeFacts, release: Release): MachineFile[] {
  const drain = drainTimes(nodes.drain);
  const vllm = servers.map(({ server }) => `fleet-vllm@${server}.service`);
  const wants = [
    ...vllm,
    ...['health', 'leave', 'drain', 'logs', 'node-exporter', 'dcgm-exporter'].map(
      (name) => `fleet-${name}.service`,
    ),
  ];
  const unit = (name: string, text: string) => file(`${UNITS}/${name}`, text);
  return [
    unit(
      'fleet.target',
      render(node.target, { release: `${release.model} ${release.name}`, wants: wants.join(' ') }),
    ),
    unit('fleet-gpus.service', node.gpusUnit),
    unit('fleet-disks.service', node.disksUnit),
    unit('fleet-engine.service', node.engineUnit),
    unit('fleet-image.service', node.imageUnit),
    unit('fleet-weights.service', node.weightsUnit),
    unit('fleet-vllm@.service', render(node.vllmUnit, { unitStopSeconds: String(drain.unitStop) })),
    unit(
      'fleet-leave.service',
      render(node.leaveUnit, { servers: vllm.join(' '), leaveStopSeconds: String(drain.leaveRouterStop) }),
    ),
    unit('fleet-health.service', node.healthUnit),
    unit('fleet-failed@.service', node.failedUnit),
    unit('fleet-logs.service', node.logsUnit),
    unit('fleet-node-exporter.service', node.nodeExporterUnit),
    unit('fleet-dcgm-exporter.service', node.dcgmExporterUnit),
    unit('fleet-drain.service', render(node.drainUnit, { drained: 'fleet-vllm@*.service' })),
  ];
}
