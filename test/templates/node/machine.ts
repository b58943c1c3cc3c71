import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { MachineFile } from '../../../workloads/machine-files.ts';
import { nodeFiles } from '../../../workloads/node-boot.ts';
import { ROOT } from '../../support/local-project.ts';
import { type NodeCase, templates } from '../../workloads/node-boot-support.ts';
import { Storage } from './storage.ts';
import { UnitRunner } from './unit-runner.ts';

export interface MachineOptions extends NodeCase {
  readonly healthPort: number;
  /** GPUs that answer; undefined: there is no driver. @default 8 */
  readonly gpus?: number | 'none';
  readonly localDisks?: number;
  /** Whether the machine image has a container engine. @default true */
  readonly engine?: boolean;
  /** What cloud-init writes. @default - what it writes for the node */
  readonly files?: readonly MachineFile[];
  readonly env?: Readonly<Record<string, string>>;
}

const ENGINE_PROGRAMS = ['docker', 'nvidia-ctk'];
const SYSTEM = `${dirname(process.execPath)}:/usr/sbin:/usr/bin`;

/**
 * A GPU machine from its first boot on: a folder with what cloud-init would have written, stand-ins for driver, disks,
 * cloud and container engine, and the simulator for vLLM.
 */
export class Machine {
  readonly root = mkdtempSync(join(tmpdir(), 'fleet-machine-'));
  readonly storage = new Storage();
  units: UnitRunner;
  readonly #options: MachineOptions;
  /** Folders of programs that are no stand-ins. */
  #system = `${SYSTEM}:/sbin:/bin`;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.units = this.#runner({});
    cpSync(join(import.meta.dirname, 'bin'), join(this.root, 'bin'), { recursive: true });
    for (const { path, mode, text } of options.files ?? nodeFiles({ ...options, templates })) {
      this.write(path, text, Number.parseInt(mode, 8));
    }
    const { gpus = 8, localDisks = 0, engine = true } = options;
    if (!engine) this.#withoutEngine();
    this.write('dev/console', '');
    if (gpus !== 'none') this.write('dev/gpus', gpuLines(gpus));
    for (let disk = 0; disk < localDisks; disk += 1) {
      this.write(`dev/nvme${disk}n1`, '');
      mkdirSync(join(this.root, 'dev/disk/by-id'), { recursive: true });
      symlinkSync(
        join(this.root, `dev/nvme${disk}n1`),
        join(this.root, `dev/disk/by-id/google-local-nvme-ssd-${disk}`),
      );
    }
  }

  /** Power on: everything in memory is gone, everything on disk is there. */
  async boot(unit = 'fleet.target'): Promise<void> {
    rmSync(join(this.root, 'run'), { recursive: true, force: true });
    this.units = this.#runner({
      FLEET_METADATA: this.storage.url,
      FLEET_STORAGE: this.storage.url,
      FLEET_SECRETS: this.storage.url,
      FLEET_ACCOUNTS: this.storage.url,
      HF_ENDPOINT: this.storage.url,
    });
    this.storage.onSystemctl = ([verb, ...names]) =>
      verb === 'stop' ? this.units.stop(names) : Promise.resolve();
    await this.units.start(unit);
  }

  async health(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const answer = await fetch(`http://127.0.0.1:${this.#options.healthPort}${path}`);
    return { status: answer.status, text: await answer.text() };
  }

  exists(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  read(path: string): string {
    const found = join(this.root, path);
    return existsSync(found) ? readFileSync(found, 'utf8') : '';
  }

  /** The rights of a file or a folder. */
  modeOf(path: string): number {
    return statSync(join(this.root, path)).mode & 0o777;
  }

  /** All that the node exporter would collect. */
  metrics(...names: readonly string[]): string {
    return names.map((name) => this.read(`run/fleet/metrics/${name}.prom`)).join('');
  }

  write(path: string, text: string | Buffer, mode = 0o644): void {
    const target = join(this.root, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text, { mode });
  }

  /** Makes `path` a symbolic link to another path of the machine. */
  link(to: string, path: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    symlinkSync(join(this.root, to), join(this.root, path));
  }

  remove(path: string): void {
    rmSync(join(this.root, path));
  }

  close(): void {
    this.units.kill();
    this.storage.close();
    rmSync(this.root, { recursive: true, force: true });
  }

  /** The stand-in of apt brings it; whether the host of the tests has one is no matter. */
  #withoutEngine(): void {
    mkdirSync(join(this.root, 'packages'));
    for (const program of ENGINE_PROGRAMS)
      renameSync(join(this.root, 'bin', program), join(this.root, 'packages', program));
    this.#system = join(this.root, 'system');
    mkdirSync(this.#system);
    for (const folder of SYSTEM.split(':'))
      for (const program of readdirSync(folder).filter((name) => !ENGINE_PROGRAMS.includes(name)))
        if (!existsSync(join(this.#system, program)))
          symlinkSync(join(folder, program), join(this.#system, program));
  }

  #runner(cloud: Readonly<Record<string, string>>): UnitRunner {
    const bin = join(this.root, 'bin');
    return new UnitRunner({
      root: this.root,
      locate: (path) =>
        path.startsWith('/usr/bin/docker')
          ? join(bin, 'docker')
          : /^\/(usr\/local\/lib|run|etc)\/fleet\//.test(path)
            ? join(this.root, path)
            : path,
      env: {
        PATH: `${bin}:${this.#system}`,
        HOME: this.root,
        FLEET_ROOT: this.root,
        FLEET_PAUSE: '0.1',
        FLEET_GPU_SECONDS: '1',
        FLEET_DISK_SECONDS: '1',
        FLEET_ENGINE_SECONDS: '1',
        FLEET_PULL_SECONDS: '1',
        FLEET_LEAVE_SECONDS: '0.5',
        FLEET_NOTICE_SECONDS: '0.1',
        FLEET_HEALTH_PORT: String(this.#options.healthPort),
        FLEET_HEALTH_ADDRESS: '127.0.0.1',
        FLEET_TEST_SIMULATOR: join(ROOT, 'dist/services/vllm-simulator.js'),
        FLEET_TEST_SERVICES: join(ROOT, 'dist/services'),
        ...cloud,
        ...this.#options.env,
      },
    });
  }
}

function gpuLines(count: number): string {
  return Array.from(
    { length: count },
    (_, index) => `${index}, GPU-0000-${index}, NVIDIA H100 80GB HBM3\n`,
  ).join('');
}
