/** Labels (google) and tags (aws) that every machine of an environment carries, and what discovery looks for. */
export const MACHINE_LABELS = {
  environment: 'fleet-environment',
  model: 'fleet-model',
  release: 'fleet-release',
  /** What is no node: `router`. */
  part: 'fleet-part',
} as const;

/**
 * A name as the value of a label of Google, which takes no dots. Names have no underscores, so that both directions are
 * exact.
 */
export function machineLabel(name: string): string {
  return name.replaceAll('.', '_');
}

/** The name that a label stands for. */
export function nameOfLabel(label: string): string {
  return label.replaceAll('_', '.');
}
