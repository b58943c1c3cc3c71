import type { CloudSection } from '../contracts/cloud-section.ts';
import { documentsBucket } from '../contracts/document-objects.ts';
import { type FetchFacts, fetchDocument } from './fetch-facts.ts';
import { ETC, environmentFile, file, LIB, type MachineFile, program, UNITS } from './machine-files.ts';
import { render } from './render.ts';

/** Steps and units that every machine has which runs containers by documents out of the bucket. */
export interface ServiceMachineTemplate {
  readonly lib: string;
  readonly engine: string;
  readonly install: string;
  readonly fetchProgram: string;
  readonly image: string;
  readonly inputs: string;
  readonly refresh: string;
  readonly failed: string;
  readonly logs: string;
  readonly target: string;
  readonly engineUnit: string;
  readonly imageUnit: string;
  readonly inputsUnit: string;
  readonly refreshUnit: string;
  readonly failedUnit: string;
  readonly logsUnit: string;
  readonly nodeExporterUnit: string;
}

export interface ServiceMachineFacts {
  /** What its steps find in their environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Lines of documents and secrets: kind, name, path, user. */
  readonly inputs: readonly string[];
  /** What it brings to its disk at boot. @default - nothing */
  readonly fetch?: FetchFacts;
}

/** Where it is. */
export function placeFacts(environment: string, cloud: CloudSection): Record<string, string> {
  return {
    FLEET_PLATFORM: cloud.platform,
    FLEET_ENVIRONMENT: environment,
    FLEET_REGION: cloud.region,
    ...(cloud.platform === 'google' ? { FLEET_PROJECT: cloud.project } : {}),
    FLEET_BUCKET: documentsBucket(environment, cloud),
  };
}

export function serviceFacts({ environment, inputs, fetch }: ServiceMachineFacts): MachineFile[] {
  return [
    file(`${ETC}/node.env`, environmentFile(environment)),
    file(`${ETC}/inputs`, textOfLines(inputs)),
    ...(fetch === undefined ? [] : [file(`${ETC}/fetch.json`, fetchDocument(fetch))]),
  ];
}

/** @param own What this kind of machine does beside. */
export function serviceSteps(
  template: ServiceMachineTemplate,
  { fetch }: Pick<ServiceMachineFacts, 'fetch'>,
  own: readonly MachineFile[],
): MachineFile[] {
  return [
    file(`${LIB}/lib.sh`, template.lib),
    program('engine.sh', template.engine),
    program('install.sh', template.install),
    ...(fetch === undefined ? [] : [file(`${LIB}/fetch.py`, template.fetchProgram)]),
    program('image.sh', template.image),
    program('inputs.sh', template.inputs),
    program('refresh.sh', template.refresh),
    ...own,
    program('failed.sh', template.failed),
    program('logs.sh', template.logs),
  ];
}

/**
 * @param started Names of all services that the machine runs.
 * @param own Units of this kind of machine.
 */
export function serviceUnits(
  template: ServiceMachineTemplate,
  { environment, started }: { readonly environment: string; readonly started: readonly string[] },
  own: readonly MachineFile[],
): MachineFile[] {
  const wants = started.map(serviceName).join(' ');
  return [
    file(`${UNITS}/fleet.target`, render(template.target, { environment, wants })),
    serviceUnit('engine', template.engineUnit),
    serviceUnit('image', template.imageUnit),
    serviceUnit('inputs', template.inputsUnit),
    serviceUnit('refresh', template.refreshUnit),
    ...own,
    serviceUnit('failed@', template.failedUnit),
    serviceUnit('logs', template.logsUnit),
    serviceUnit('node-exporter', template.nodeExporterUnit),
  ];
}

export function serviceUnit(name: string, text: string): MachineFile {
  return file(`${UNITS}/${serviceName(name)}`, text);
}

export function serviceName(name: string): string {
  return `fleet-${name}.service`;
}

export function textOfLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
