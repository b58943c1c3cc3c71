import { type Document, textDocument } from './document.ts';
import { render } from './render.ts';

/** What a machine's disk holds: a file of the cloud-config. */
export interface MachineFile {
  readonly path: string;
  readonly mode: '0644' | '0755';
  readonly text: string;
}

/** Steps, units and facts. */
export const LIB = '/usr/local/lib/fleet';
export const UNITS = '/etc/systemd/system';
export const ETC = '/etc/fleet';

/** Templates of a cloud-config and of one file in it. */
export interface CloudConfigTemplate {
  readonly cloudConfig: string;
  readonly file: string;
}

/** The cloud-config that writes these files and starts `fleet.target`. */
export function cloudConfig(
  template: CloudConfigTemplate,
  files: readonly MachineFile[],
  variables: Readonly<Record<string, string>>,
): Document {
  const texts = files.map(({ path, mode, text }) =>
    render(template.file, { path, mode, content: indent(text.trimEnd()) }).trimEnd(),
  );
  return textDocument(render(template.cloudConfig, { ...variables, files: texts.join('\n') }));
}

export function file(path: string, text: string): MachineFile {
  return { path, mode: '0644', text };
}

/** A step of the boot, started by a unit. */
export function program(name: string, text: string): MachineFile {
  return { path: `${LIB}/${name}`, mode: '0755', text };
}

/** As systemd and a shell read it alike. */
export function environmentFile(facts: Readonly<Record<string, string>>): string {
  return Object.entries(facts)
    .map(([name, value]) => {
      if (/['\n\\]/.test(value)) throw new Error(`${name} must not have quotes or line breaks, got ${value}`);
      return `${name}='${value}'\n`;
    })
    .join('');
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '      ');
}
